import type { FinishReason, Usage } from '../piece.ts';

const REASONS = {
  stop: 'end_turn', // also where a stop sequence ended it: Ollama does not say which it was
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
} as const satisfies Record<FinishReason, string>;

/** How an answer ended, with every key that clients look for. */
export const stopFields = (reason: FinishReason) => ({
  stop_reason: REASONS[reason],
  stop_sequence: null,
  stop_details: null,
});

/** The usage at the end of a stream. Unlike elsewhere, `input_tokens` are those that were not cached. */
export const deltaUsage = ({ prompt, output, cached = 0, reasoning }: Usage) => ({
  input_tokens: prompt - cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: cached,
  output_tokens: output,
  output_tokens_details: reasoning === undefined ? null : { thinking_tokens: reasoning },
  server_tool_use: null,
});

/** The usage of a message. */
export const messageUsage = (usage: Usage) => ({
  ...deltaUsage(usage),
  cache_creation: null,
  inference_geo: null,
  service_tier: null,
  speed: null,
});
