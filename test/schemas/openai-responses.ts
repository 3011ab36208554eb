import * as z from 'zod';

export const count = z.int().min(0);
export const id = z.string().min(1);
const status = z.enum(['in_progress', 'completed', 'incomplete']);

export const OutputText = z.strictObject({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.tuple([]),
  logprobs: z.tuple([]),
});
export const SummaryText = z.strictObject({ type: z.literal('summary_text'), text: z.string() });

export const OutputItem = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('message'),
    id,
    status,
    role: z.literal('assistant'),
    content: z.array(OutputText),
  }),
  z.strictObject({ type: z.literal('reasoning'), id, status, summary: z.array(SummaryText) }),
  z.strictObject({
    type: z.literal('function_call'),
    id,
    status,
    call_id: id,
    name: id,
    arguments: z.string(),
  }),
]);

const Usage = z
  .strictObject({
    input_tokens: count,
    input_tokens_details: z.strictObject({ cached_tokens: count, cache_write_tokens: count }),
    output_tokens: count,
    output_tokens_details: z.strictObject({ reasoning_tokens: count }),
    total_tokens: count,
  })
  .refine((usage) => usage.total_tokens === usage.input_tokens + usage.output_tokens);

const shared = {
  id: z.string().regex(/^resp_/),
  object: z.literal('response'),
  created_at: z.int(),
  background: z.literal(false),
  error: z.null(),
  model: z.string(),
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  max_tool_calls: z.int().nullable(),
  metadata: z.record(z.string(), z.string()),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.null(),
  prompt_cache_key: z.string().nullable(),
  reasoning: z.strictObject({ effort: z.string().nullable(), summary: z.string().nullable() }),
  safety_identifier: z.string().nullable(),
  service_tier: z.literal('default'),
  store: z.literal(false),
  temperature: z.number().nullable(),
  text: z.looseObject({ format: z.looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) }) }),
  tool_choice: z.union([
    z.enum(['auto', 'none', 'required']),
    z.strictObject({ type: z.literal('function'), name: id }),
  ]),
  tools: z.array(
    z.strictObject({
      type: z.literal('function'),
      name: id,
      description: z.string().nullable(),
      parameters: z.looseObject({}).nullable(),
      strict: z.boolean().nullable(),
    }),
  ),
  top_logprobs: z.literal(0),
  top_p: z.number().nullable(),
  truncation: z.literal('disabled'),
  user: z.string().nullable(),
};

export const InProgress = z.strictObject({
  ...shared,
  status: z.literal('in_progress'),
  completed_at: z.null(),
  incomplete_details: z.null(),
  output: z.tuple([]),
  usage: z.null(),
});
export const Completed = z.strictObject({
  ...shared,
  status: z.literal('completed'),
  completed_at: z.int(),
  incomplete_details: z.null(),
  output: z.array(OutputItem),
  usage: Usage,
});
export const Incomplete = z.strictObject({
  ...shared,
  status: z.literal('incomplete'),
  completed_at: z.null(),
  incomplete_details: z.strictObject({ reason: z.enum(['max_output_tokens', 'content_filter']) }),
  output: z.array(OutputItem),
  usage: Usage,
});

/** The `response` object (OpenAI's API reference), as it is at its end. */
export const ResponseBody = z.discriminatedUnion('status', [Completed, Incomplete]);
