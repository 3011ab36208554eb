import * as z from 'zod';
import type { FinishReason, Usage } from '../piece.ts';

const count = z.int().min(0);

/** An upstream's usage; details that it does not know, or tells in a way that we do not, are absent. */
const UsageObject = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.looseObject({ cached_tokens: count.nullish() }).nullish().catch(null),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count.nullish() }).nullish().catch(null),
});

export function readUsage(value: unknown): Usage | undefined {
  const result = UsageObject.safeParse(value);
  if (!result.success) return undefined;
  const { prompt_tokens_details: prompt, completion_tokens_details: output } = result.data;
  return {
    prompt: result.data.prompt_tokens,
    output: result.data.completion_tokens,
    ...(prompt?.cached_tokens != null && { cached: prompt.cached_tokens }),
    ...(output?.reasoning_tokens != null && { reasoning: output.reasoning_tokens }),
  };
}

/** OpenAI's usage object in full: clients look for every key. */
export const usageObject = ({ prompt, output, cached = 0, reasoning = 0 }: Usage) => ({
  prompt_tokens: prompt,
  completion_tokens: output,
  total_tokens: prompt + output,
  prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: reasoning,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

const REASONS = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
} as const satisfies Record<FinishReason, string>;

export const finishReason = (reason: FinishReason) => REASONS[reason];
