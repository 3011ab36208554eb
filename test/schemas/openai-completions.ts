import * as z from 'zod';
import { CompletionUsage } from './openai-usage.ts';

const shared = {
  id: z.string().min(1),
  object: z.literal('text_completion'),
  created: z.int(),
  model: z.string().min(1),
};

const Choice = z.strictObject({
  index: z.int().min(0),
  text: z.string(),
  logprobs: z.null(),
  finish_reason: z.enum(['stop', 'length', 'content_filter']).nullable(),
  /** Not OpenAI's: thinking, as in a chat. */
  reasoning_content: z.string().optional(),
  reasoning: z.string().optional(),
});

/** A whole answer of `/v1/completions` (OpenAI's API reference), as the gateway writes it itself. */
export const CompletionBody = z.strictObject({
  ...shared,
  choices: z.tuple([Choice.extend({ finish_reason: z.enum(['stop', 'length', 'content_filter']) })]),
  usage: CompletionUsage,
});

/** A chunk of its stream; of those before the last, the usage is null where it was asked for. */
export const CompletionChunk = z.union([
  z.strictObject({ ...shared, choices: z.tuple([Choice]), usage: z.null().optional() }),
  z.strictObject({ ...shared, choices: z.tuple([]), usage: CompletionUsage }),
]);
