import * as z from 'zod';
import { listOf } from '../../list-of.ts';
import { toolName } from '../../tool-name.ts';

const Text = z.looseObject({ type: z.enum(['input_text', 'output_text']), text: z.string() });
const Image = z.looseObject({
  type: z.literal('input_image'),
  image_url: z.string().nullish(),
  file_id: z.string().nullish(),
});
const File = z.looseObject({ type: z.literal('input_file') });
const Refusal = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });

const Part = z.discriminatedUnion('type', [Text, Image, File]);
export type Part = z.infer<typeof Part>;

const Message = z.discriminatedUnion('role', [
  z.looseObject({
    type: z.literal('message'),
    role: z.enum(['user', 'system', 'developer']),
    content: z.union([z.string(), listOf(Part)]),
  }),
  z.looseObject({
    type: z.literal('message'),
    role: z.literal('assistant'),
    content: z.union([z.string(), listOf(z.discriminatedUnion('type', [Text, Refusal]))]),
  }),
]);

const Thought = z.looseObject({ text: z.string() });

const Typed = z.discriminatedUnion(
  'type',
  [
    Message,
    z.looseObject({
      type: z.literal('reasoning'),
      summary: listOf(Thought).nullish(),
      content: listOf(Thought).nullish(),
    }),
    z.looseObject({
      type: z.literal('function_call'),
      call_id: z.string(),
      name: toolName,
      arguments: z.string(),
    }),
    z.looseObject({
      type: z.literal('function_call_output'),
      call_id: z.string(),
      output: z.union([z.string(), listOf(Part)]),
    }),
    z.looseObject({ type: z.literal('item_reference') }),
  ],
  { error: 'This kind of item is not known here' },
);

/** One item of a request's `input`. A message need not say that it is one, nor a reference that has nothing but an id. */
export const InputItem = z.preprocess(withType, Typed);
export type InputItem = z.infer<typeof Typed>;

function withType(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const { type, role, id } = item as Record<string, unknown>;
  if (type != null) return item;
  if (role === undefined && id !== undefined) return { ...item, type: 'item_reference' };
  return { ...item, type: 'message' };
}
