import type { NativeRequest, NativeTarget } from '../../call.ts';
import { type JsonDocument, withFields } from '../../json-document.ts';
import { wantsStreamUsage } from '../chat-wishes.ts';
import { COMPLETION_CHUNK } from '../chunk-form.ts';
import { PassedStream } from '../pass-stream.ts';
import { PassedWhole } from '../pass-whole.ts';
import { countOf, type TextInput } from '../text-input.ts';
import type { CompletionRequest } from './completion-request.ts';

/** A request for a completion, for an upstream that speaks OpenAI's protocol. */
export function nativeCompletion(
  request: CompletionRequest,
  prompt: TextInput | undefined,
  document: JsonDocument,
): NativeRequest {
  const isStream = request.stream ?? false;
  const choices = (request.n ?? 1) * (prompt ? countOf(prompt) : 1);
  const form = { streamUsage: wantsStreamUsage(request), choices, form: COMPLETION_CHUNK };
  return {
    protocol: 'openai',
    path: '/completions',
    body: (target) => withFields(document, edits(request, target), DECISIVE),
    pass: (measuring) =>
      isStream ? new PassedStream(form, measuring) : new PassedWhole(measuring, COMPLETION_CHUNK.contentOf),
  };
}

/** What routing, metering and the ledger go by, besides what is edited. */
const DECISIVE = ['prompt', 'suffix', 'stream', 'stream_options', 'n', 'best_of', 'echo'];

/** The only edits: the model's name there, usage always asked for, and the granted output cap. */
const edits = (request: CompletionRequest, { model, outputCap }: NativeTarget): Record<string, unknown> => ({
  model,
  ...(request.stream && { stream_options: { ...request.stream_options, include_usage: true } }),
  max_tokens: Math.min(request.max_tokens ?? outputCap, outputCap),
});
