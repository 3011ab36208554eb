import * as z from 'zod';
import { CompletionUsage } from './openai-usage.ts';

const FinishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter']);
const call = {
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string().min(1), arguments: z.string() }),
};
/** Not OpenAI's: thinking, under both names by which clients look for it. */
const thinking = { reasoning_content: z.string().optional(), reasoning: z.string().optional() };
const shared = { id: z.string().startsWith('chatcmpl-'), created: z.int(), model: z.string().min(1) };

/** A whole answer of `/v1/chat/completions` (OpenAI's API reference), as the gateway writes it itself. */
export const ChatBody = z.strictObject({
  ...shared,
  object: z.literal('chat.completion'),
  choices: z.tuple([
    z.strictObject({
      index: z.literal(0),
      message: z.strictObject({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.null(),
        tool_calls: z.array(z.strictObject(call)).min(1).optional(),
        ...thinking,
      }),
      logprobs: z.null(),
      finish_reason: FinishReason,
    }),
  ]),
  usage: CompletionUsage,
});

const Delta = z.strictObject({
  role: z.literal('assistant').optional(),
  content: z.string().optional(),
  tool_calls: z
    .array(z.strictObject({ index: z.int().min(0), ...call }))
    .min(1)
    .optional(),
  ...thinking,
});

const chunk = { ...shared, object: z.literal('chat.completion.chunk') };

/** A chunk of its stream; of those before the last, the usage is null where it was asked for. */
export const ChatChunk = z.union([
  z.strictObject({
    ...chunk,
    choices: z.tuple([
      z.strictObject({
        index: z.literal(0),
        delta: Delta,
        logprobs: z.null(),
        finish_reason: FinishReason.nullable(),
      }),
    ]),
    usage: z.null().optional(),
  }),
  z.strictObject({ ...chunk, choices: z.tuple([]), usage: CompletionUsage }),
]);

/** OpenAI's error object: all four keys, always. */
export const ErrorBody = z.strictObject({
  error: z.strictObject({
    message: z.string().min(1),
    type: z.string().min(1),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});
