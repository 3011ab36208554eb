import * as z from 'zod';
import { isBase64 } from '../base64.ts';
import { listOf } from '../list-of.ts';
import { toolName } from '../tool-name.ts';

const tokens = z.int().min(1);

/** What we read of a messages request before its prompt; `null` counts as absent. */
export const MessagesRequest = z.looseObject({
  model: z.string().min(1),
  max_tokens: tokens,
  messages: listOf(z.looseObject({ role: z.string() }), { least: 1 }),
  stream: z.boolean().nullish(),
  metadata: z
    .looseObject({ user_id: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
  thinking: z.looseObject({ display: z.enum(['summarized', 'omitted']).nullish() }).nullish(),
});
export type MessagesRequest = z.infer<typeof MessagesRequest>;

/** Blocks may bear a `cache_control`: where a cache would end says nothing about the answer, so it is not read. */
const TextBlock = z.looseObject({ type: z.literal('text'), text: z.string() });

const ImageBlock = z.looseObject({
  type: z.literal('image'),
  source: z.discriminatedUnion(
    'type',
    [
      z.looseObject({
        type: z.literal('base64'),
        data: z.string().refine(isBase64, 'the data of the image is not base64'),
      }),
      z.looseObject({ type: z.literal('url'), url: z.string() }),
    ],
    { error: 'an image is given as base64 or by its url' },
  ),
});

/** Not understood here; whether a model takes it is for its backend to say. */
const DocumentBlock = z.looseObject({ type: z.literal('document') });

const ResultBlock = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z
    .union([
      z.string(),
      listOf(
        z.discriminatedUnion('type', [TextBlock, ImageBlock, DocumentBlock], {
          error: 'the result of a tool is made of text and images',
        }),
      ),
    ])
    .nullish(),
  is_error: z.boolean().nullish(),
});

const UserBlock = z.discriminatedUnion('type', [TextBlock, ImageBlock, DocumentBlock, ResultBlock], {
  error: 'only text, image and tool_result blocks are taken from a user',
});

const AssistantBlock = z.discriminatedUnion(
  'type',
  [
    TextBlock,
    z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
    // Sealed by another service; conversations that began there bring it along, and nobody here could read it.
    z.looseObject({ type: z.literal('redacted_thinking') }),
    z.looseObject({
      type: z.literal('tool_use'),
      id: z.string(),
      name: toolName,
      input: z.looseObject({}).nullish(),
    }),
  ],
  { error: 'only text, thinking and tool_use blocks are taken from an assistant' },
);

const Text = z.union([z.string(), listOf(TextBlock)]);

const Turn = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('user'), content: z.union([z.string(), listOf(UserBlock)]) }),
  z.looseObject({ role: z.literal('assistant'), content: z.union([z.string(), listOf(AssistantBlock)]) }),
  z.looseObject({ role: z.literal('system'), content: Text }),
]);
export type Turn = z.infer<typeof Turn>;
export type UserBlock = z.infer<typeof UserBlock>;
export type AssistantBlock = z.infer<typeof AssistantBlock>;

const Tool = z.looseObject({
  type: z
    .literal('custom', { error: 'only tools of your own are taken; there are none that run here' })
    .nullish(),
  name: z.string().min(1),
  description: z.string().nullish(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  strict: z.boolean().nullish(),
});
export type Tool = z.infer<typeof Tool>;

const oneAtATime = { disable_parallel_tool_use: z.boolean().nullish() };

const ToolChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: z.enum(['auto', 'any']), ...oneAtATime }),
  z.looseObject({ type: z.literal('tool'), name: z.string().min(1), ...oneAtATime }),
  z.looseObject({ type: z.literal('none') }),
]);

/** The fields that make up the prompt. */
export const MessagesParameters = z.looseObject({
  messages: listOf(Turn, { least: 1 }),
  max_tokens: tokens,
  system: Text.nullish(),
  tools: listOf(Tool).nullish(),
  tool_choice: ToolChoice.nullish(),
  // A budget of tokens to think with is not read: `max_tokens` bounds thinking and answer together.
  thinking: z.looseObject({ type: z.enum(['enabled', 'adaptive', 'disabled']) }).nullish(),
  output_config: z
    .looseObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: z.looseObject({ type: z.literal('json_schema'), schema: z.looseObject({}) }).nullish(),
    })
    .nullish(),
  stop_sequences: listOf(z.string()).nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
});
export type MessagesParameters = z.infer<typeof MessagesParameters>;
