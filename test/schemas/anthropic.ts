import * as z from 'zod';

/**
 * What Anthropic's Messages API answers, as far as this gateway says any of it, from its public specification
 * (the types of `@anthropic-ai/sdk`): strict, so that a key too many is found as one too few is.
 */
const count = z.int().min(0);
const Id = z.string().regex(/^msg_[0-9a-f]+$/);
const RequestId = z.string().regex(/^req_[0-9a-f]{32}$/);
const Caller = z.strictObject({ type: z.literal('direct') });

const TextBlock = z.strictObject({ type: z.literal('text'), text: z.string(), citations: z.null() });
const ThinkingBlock = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string(),
});
const ToolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  caller: Caller,
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});

const Thought = z.strictObject({ thinking_tokens: count });
const counts = {
  input_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  output_tokens: count,
  output_tokens_details: Thought.nullable(),
  server_tool_use: z.null(),
};
const Usage = z
  .strictObject({
    ...counts,
    cache_creation: z.null(),
    inference_geo: z.null(),
    service_tier: z.null(),
    speed: z.null(),
  })
  .refine((usage) => (usage.output_tokens_details?.thinking_tokens ?? 0) <= usage.output_tokens);

const StopReason = z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'refusal']);

const head = {
  id: Id,
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string().min(1),
  container: z.null(),
  diagnostics: z.null(),
  stop_sequence: z.null(),
  stop_details: z.null(),
  usage: Usage,
};

/** A whole answer. */
export const Message = z.strictObject({
  ...head,
  content: z.array(z.discriminatedUnion('type', [TextBlock, ThinkingBlock, ToolUseBlock])),
  stop_reason: StopReason,
});

const index = z.int().min(0);
const Delta = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text_delta'), text: z.string() }),
  z.strictObject({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.strictObject({ type: z.literal('signature_delta'), signature: z.string().min(1) }),
  z.strictObject({ type: z.literal('input_json_delta'), partial_json: z.string() }),
]);

/** What a block is before anything of it has come. */
const EmptyBlock = z.discriminatedUnion('type', [
  TextBlock.extend({ text: z.literal('') }),
  ThinkingBlock.extend({ thinking: z.literal(''), signature: z.literal('') }),
  ToolUseBlock.extend({ input: z.strictObject({}) }),
]);

/** The body of an error, and the data of an `error` event. */
export const ErrorBody = z.strictObject({
  type: z.literal('error'),
  error: z.strictObject({
    type: z.enum([
      'invalid_request_error',
      'authentication_error',
      'permission_error',
      'not_found_error',
      'request_too_large',
      'rate_limit_error',
      'timeout_error',
      'api_error',
      'overloaded_error',
    ]),
    message: z.string().min(1),
    details: z
      .strictObject({ error_code: z.literal('thread_unsupported_request'), unsupported: z.tuple([]) })
      .optional(),
  }),
  request_id: RequestId,
});

/** The data of any event of a stream. */
export const StreamEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('message_start'),
    message: z.strictObject({ ...head, content: z.tuple([]), stop_reason: z.null() }),
  }),
  z.strictObject({ type: z.literal('content_block_start'), index, content_block: EmptyBlock }),
  z.strictObject({ type: z.literal('content_block_delta'), index, delta: Delta }),
  z.strictObject({ type: z.literal('content_block_stop'), index }),
  z.strictObject({
    type: z.literal('message_delta'),
    delta: z.strictObject({
      stop_reason: StopReason,
      stop_sequence: z.null(),
      stop_details: z.null(),
      container: z.null(),
    }),
    usage: z.strictObject(counts),
  }),
  z.strictObject({ type: z.literal('message_stop') }),
  z.strictObject({ type: z.literal('ping') }),
  ErrorBody,
]);
export type StreamEvent = z.infer<typeof StreamEvent>;
