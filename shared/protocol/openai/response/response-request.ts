import * as z from 'zod';
import { listOf, recordOf } from '../../list-of.ts';
import { ChatParameters } from '../chat-request.ts';
import { Tuning } from '../tuning.ts';
import { InputItem } from './input-item.ts';

const TextFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({ type: z.literal('json_schema'), schema: z.looseObject({}) }),
]);

const FunctionTool = z.looseObject({
  type: z.literal('function', { error: 'Only tools of type function are known here' }),
  name: z.string().min(1),
  description: z.string().nullish(),
  parameters: z.looseObject({}).nullish(),
  strict: z.boolean().nullish(),
});
export type FunctionTool = z.infer<typeof FunctionTool>;

const INCLUDABLE = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
] as const;

const short = z.string().nullish();

/** What is read of a request for a response. */
export const ResponseRequest = Tuning.omit({ truncate: true }).extend({
  model: z.string().min(1),
  input: z.union([z.string(), listOf(InputItem)], { error: 'A text or a list of items is needed' }),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  max_tool_calls: z.int().nullish(),
  tools: listOf(FunctionTool).nullish(),
  tool_choice: z
    .union([
      z.enum(['auto', 'none', 'required']),
      z.looseObject({ type: z.literal('function'), name: z.string() }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.looseObject({ format: TextFormat.nullish() }).nullish(),
  reasoning: z
    .looseObject({ effort: ChatParameters.shape.reasoning_effort, summary: short, generate_summary: short })
    .nullish(),
  include: listOf(z.enum(INCLUDABLE)).nullish(),
  top_logprobs: z.int().nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  metadata: recordOf(z.string()).nullish(),
  user: z.string().nullish().catch(null),
  safety_identifier: z.string().nullish().catch(null),
  prompt_cache_key: z.string().nullish().catch(null),
  store: z.boolean().nullish(),
  background: z.boolean().nullish(),
  previous_response_id: z.unknown().optional(),
  conversation: z.unknown().optional(),
  prompt: z.unknown().optional(),
  context_management: z.array(z.unknown()).nullish(),
  moderation: z.unknown().optional(),
});
export type ResponseRequest = z.infer<typeof ResponseRequest>;
