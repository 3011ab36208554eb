import { failures } from './errors.ts';
import type { Message } from './native-request.ts';

/** The fake's tokeniser: four bytes of UTF-8 are a token. */
export const countTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** A message costs its text, 4 tokens of template, and 256 for each image. */
const countMessages = (messages: Message[]): number =>
  messages.reduce(
    (sum, { content, images }) => sum + countTokens(content) + 4 + 256 * (images?.length ?? 0),
    0,
  );

export interface PromptLimits {
  numCtx: number;
  truncate: boolean;
  shift: boolean;
}

/**
 * Makes the prompt fit the way Ollama does, which by default is in silence: whole early messages go
 * first (never system ones, never the last), then the middle of what is left, down to about half the
 * window. Only with `shift:false` does it say that something does not fit.
 */
export function fitPrompt(messages: Message[], { numCtx, truncate, shift }: PromptLimits) {
  const kept = truncate ? dropEarly(messages, numCtx) : messages;
  const tokens = countMessages(kept);
  if (tokens <= numCtx) return { messages: kept, promptTokens: tokens };
  if (!shift) throw failures.promptTooLong();
  return { messages: kept, promptTokens: Math.floor(numCtx / 2) + 2 };
}

function dropEarly(messages: Message[], numCtx: number): Message[] {
  const kept = [...messages];
  while (countMessages(kept) > numCtx) {
    const oldest = kept.findIndex((message, index) => message.role !== 'system' && index < kept.length - 1);
    if (oldest === -1) break;
    kept.splice(oldest, 1);
  }
  return kept;
}
