import * as z from 'zod';

const count = z.int().min(0);

/** The usage of completions, as OpenAI's API reference has it. */
export const CompletionUsage = z
  .strictObject({
    prompt_tokens: count,
    completion_tokens: count,
    total_tokens: count,
    prompt_tokens_details: z.strictObject({ cached_tokens: count, audio_tokens: count }).optional(),
    completion_tokens_details: z
      .strictObject({
        reasoning_tokens: count,
        audio_tokens: count,
        accepted_prediction_tokens: count,
        rejected_prediction_tokens: count,
      })
      .optional(),
  })
  .refine((usage) => usage.total_tokens === usage.prompt_tokens + usage.completion_tokens);
