import * as z from 'zod';
import { listOf, recordOf } from '../list-of.ts';
import { toolName } from '../tool-name.ts';

const tokens = z.int().min(1);

/** What we read of a chat request; every other field passes through untouched. `null` counts as absent. */
export const ChatRequest = z.looseObject({
  model: z.string().min(1),
  messages: listOf(z.looseObject({ role: z.string() }), { least: 1 }),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: tokens.nullish(),
  max_completion_tokens: tokens.nullish(),
  user: z.string().nullish().catch(null),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

const TextPart = z.looseObject({ type: z.literal('text'), text: z.string() });
const ImagePart = z.looseObject({
  type: z.literal('image_url'),
  image_url: z.union([z.string().transform((url) => ({ url })), z.looseObject({ url: z.string() })]),
});
const OtherPart = z.looseObject({ type: z.enum(['input_audio', 'file']) });
const RefusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });

const Text = z.union([z.string(), listOf(TextPart)]);
const ToolCall = z.looseObject({
  id: z.string(),
  function: z.looseObject({ name: toolName, arguments: z.string() }),
});

export const ChatMessage = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer']), content: Text }),
  z.looseObject({
    role: z.literal('user'),
    content: z.union([z.string(), listOf(z.discriminatedUnion('type', [TextPart, ImagePart, OtherPart]))]),
  }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), listOf(z.discriminatedUnion('type', [TextPart, RefusalPart]))]).nullish(),
    reasoning_content: z.string().nullish(),
    reasoning: z.string().nullish(),
    tool_calls: listOf(ToolCall).nullish(),
  }),
  z.looseObject({ role: z.literal('tool'), content: Text, tool_call_id: z.string() }),
]);
export type ChatMessage = z.infer<typeof ChatMessage>;

const ResponseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({ schema: z.looseObject({}) }),
  }),
]);

const Effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra']);

/** The fields that a translation needs beside those of `ChatRequest`. */
export const ChatParameters = z.looseObject({
  messages: listOf(ChatMessage, { least: 1 }),
  max_tokens: tokens.nullish(),
  max_completion_tokens: tokens.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().nullish(),
  min_p: z.number().nullish(),
  seed: z.int().nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  repeat_penalty: z.number().nullish(),
  stop: z.union([z.string(), listOf(z.string())]).nullish(),
  response_format: ResponseFormat.nullish(),
  tools: listOf(
    z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string().min(1) }) }),
  ).nullish(),
  tool_choice: z
    .union([
      z.enum(['auto', 'none', 'required']),
      z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning_effort: Effort.nullish(),
  reasoning: z.looseObject({ effort: Effort.nullish() }).nullish(),
  think: z.union([z.boolean(), z.enum(['low', 'medium', 'high', 'max'])]).nullish(),
  thinking: z.looseObject({ type: z.string() }).nullish(),
  n: z.int().nullish(),
  logit_bias: recordOf(z.number()).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().nullish(),
  modalities: listOf(z.string()).nullish(),
  num_ctx: tokens.nullish(),
  options: z.looseObject({ num_ctx: tokens.nullish() }).nullish(),
  keep_alive: z.union([z.string(), z.number()]).nullish(),
  shift: z.boolean().nullish(),
  truncate: z.boolean().nullish(),
  functions: z.array(z.unknown()).nullish(),
  web_search_options: z.unknown().optional(),
});
export type ChatParameters = z.infer<typeof ChatParameters>;
