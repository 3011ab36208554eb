import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GatewayError } from '../../errors.ts';
import type { Prompt } from '../prompt.ts';
import { sizeOfPrompt } from '../size-of-prompt.ts';
import { readPrompt } from './read-prompt.ts';

const any = fc.jsonValue({ maxDepth: 2 });
const text = fc.string({ unit: 'binary' });
/** Most of what a field should be, and now and then what it should not. */
const mostly = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 60, arbitrary: right }, { weight: 1, arbitrary: any });
const record = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields, { requiredKeys: Object.keys(fields) });

const textBlock = record({ type: fc.constant('text'), text: mostly(text) });
const image = record({
  type: fc.constant('image'),
  source: mostly(record({ type: fc.constant('base64'), data: mostly(fc.base64String({ minLength: 4 })) })),
});
const result = record({
  type: fc.constant('tool_result'),
  tool_use_id: mostly(text),
  content: mostly(fc.oneof(text, fc.array(fc.oneof(textBlock, image)))),
  is_error: mostly(fc.boolean()),
});
const use = record({
  type: fc.constant('tool_use'),
  id: mostly(text),
  name: mostly(fc.string({ minLength: 1 })),
  input: mostly(fc.dictionary(text, any)),
});
const thinking = record({ type: fc.constant('thinking'), thinking: mostly(text), signature: text });
const turn = fc.oneof(
  record({
    role: fc.constant('user'),
    content: mostly(fc.oneof(text, fc.array(fc.oneof(textBlock, image, result)))),
  }),
  record({
    role: fc.constant('assistant'),
    content: mostly(fc.oneof(text, fc.array(fc.oneof(textBlock, thinking, use)))),
  }),
  record({ role: fc.constant('system'), content: mostly(text) }),
);
const tool = record({
  name: mostly(fc.string({ minLength: 1 })),
  description: mostly(text),
  input_schema: mostly(record({ type: fc.constant('object'), properties: any })),
});
const request = fc.record(
  {
    max_tokens: mostly(fc.integer({ min: 1 })),
    messages: mostly(fc.array(mostly(turn), { minLength: 1 })),
    system: mostly(fc.oneof(text, fc.array(textBlock))),
    tools: mostly(fc.array(tool)),
    tool_choice: mostly(record({ type: fc.constantFrom('auto', 'any', 'none') })),
    stop_sequences: mostly(fc.array(text)),
  },
  { requiredKeys: ['max_tokens', 'messages'] },
);

it('any request is read in full, with nothing of its texts lost and all of them in its size, or refused with a path', () => {
  let read = 0;
  fc.assert(
    fc.property(request, (fields) => {
      const value = JSON.parse(JSON.stringify(fields));
      const prompt = promptOrRefusal(value);
      if (prompt instanceof GatewayError) {
        expect(prompt.param).not.toBeNull();
        return;
      }
      read += 1;
      expect(charactersIn(prompt.messages)).toBeGreaterThanOrEqual(textsOf(value));
      const { bytes, latin, cjk, other } = sizeOfPrompt(prompt);
      expect(bytes).toBeGreaterThanOrEqual(latin + cjk + other);
      expect(bytes).toBeGreaterThanOrEqual(charactersIn(prompt.messages));
    }),
    { numRuns: 300 },
  );
  expect(read).toBeGreaterThan(30);
});

function promptOrRefusal(value: unknown): Prompt | GatewayError {
  try {
    return readPrompt(value);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

const charactersIn = (messages: Prompt['messages']) =>
  messages.reduce(
    (sum, message) =>
      sum + message.text.length + ('thinking' in message ? (message.thinking ?? '').length : 0),
    0,
  );

/** The characters of all texts and thinking anywhere in the messages and the system prompt. */
function textsOf({ system, messages }: { system?: unknown; messages: { content: unknown }[] }): number {
  return [system, ...messages.map(({ content }) => content)].reduce<number>(
    (sum, each) => sum + lengthOf(each),
    0,
  );
}

function lengthOf(content: unknown): number {
  if (typeof content === 'string') return content.length;
  if (!Array.isArray(content)) return 0;
  return (content as { text?: string; thinking?: string; content?: unknown }[])
    .map((block) => (block.text ?? block.thinking ?? '').length + lengthOf(block.content))
    .reduce((sum, each) => sum + each, 0);
}
