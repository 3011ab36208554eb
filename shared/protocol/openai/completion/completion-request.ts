import * as z from 'zod';
import { recordOf } from '../../list-of.ts';
import { ChatRequest } from '../chat-request.ts';
import { Tuning } from '../tuning.ts';

const answers = z.int().min(1).max(128).nullish();

/** What we read of a request for a completion; every other field passes through untouched. */
export const CompletionRequest = ChatRequest.pick({
  model: true,
  stream: true,
  stream_options: true,
  max_tokens: true,
  user: true,
}).extend({ prompt: z.unknown().optional(), n: answers, best_of: answers, echo: z.boolean().nullish() });
export type CompletionRequest = z.infer<typeof CompletionRequest>;

/** The fields that a translation needs beside those of `CompletionRequest`. */
export const CompletionParameters = Tuning.extend({
  suffix: z.string().nullish(),
  logprobs: z.int().nullish(),
  logit_bias: recordOf(z.number()).nullish(),
});
