import type { FinishReason } from '../piece.ts';

/** OpenAI's own, and what others say for the same. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  sensitive: 'content-filter',
};

/** Of DeepSeek, GLM, OpenRouter, vLLM and SGLang. */
const BROKEN_OFF: ReadonlySet<string> = new Set([
  'insufficient_system_resource',
  'network_error',
  'error',
  'abort',
]);

/** Why an answer is over; a word that nobody knows is taken for a stop. */
export const readFinishReason = (reason: string): FinishReason =>
  Object.hasOwn(REASONS, reason) ? REASONS[reason]! : 'stop';

/** Whether the service ends its answer in order and yet says that it could not go on. */
export const isBrokenOff = (reason: string) => BROKEN_OFF.has(reason);
