import * as z from 'zod';
import type { FinishReason, ReportedUsage, Usage } from '../piece.ts';

const count = z.int().min(0).optional().catch(undefined);

/** An upstream's usage; what it does not know, or tells in a way that we do not, is absent. */
const UsageObject = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish().catch(null),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish().catch(null),
});

/** Undefined when it tells neither of the prompt nor of the output. */
export function readUsage(value: unknown): ReportedUsage | undefined {
  const result = UsageObject.safeParse(value);
  if (!result.success) return undefined;
  const { prompt_tokens: prompt, completion_tokens: output } = result.data;
  if (prompt === undefined && output === undefined) return undefined;
  const cached = result.data.prompt_tokens_details?.cached_tokens;
  const reasoning = result.data.completion_tokens_details?.reasoning_tokens;
  return {
    ...(prompt !== undefined && { prompt }),
    ...(output !== undefined && { output }),
    ...(cached !== undefined && { cached }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

/**
 * The usage that stands in a chunk of a stream. Some upstreams tell it with each chunk as far as they are, and zeros while they
 * do not know: zeros beside choices say nothing.
 */
export function readUsageOfChunk(value: unknown, isBesideChoices: boolean): ReportedUsage | undefined {
  const usage = value == null ? undefined : readUsage(value);
  return isBesideChoices && usage?.prompt === 0 && usage.output === 0 ? undefined : usage;
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
