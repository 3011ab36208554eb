import type { Prompt } from '#shared/protocol/prompt.ts';

/** No tokenizer stands behind an agent in code, so its tokens are counted as four UTF-8 bytes each. */
export const countTokens = (text: string) => Math.ceil(Buffer.byteLength(text) / 4);

export const countPromptTokens = (prompt: Prompt) =>
  prompt.messages.reduce((sum, message) => sum + countTokens(message.text), 0);
