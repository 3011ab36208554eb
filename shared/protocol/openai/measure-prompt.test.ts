import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurePrompt } from './measure-prompt.ts';

const size = (fields: object) => measurePrompt({ model: 'a-very-long-name', messages: [], ...fields });
const message = (fields: object) => size({ messages: [{ role: 'user', ...fields }] });
const tool = { type: 'function', function: { name: 'f', description: 'Finds <it>.', parameters: {} } };

describe('the size of a prompt', () => {
  it('is that of the texts of its messages', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: [{ type: 'text', text: '你好' }, 'yes'] },
      { role: 'assistant', reasoning_content: 'mm', name: 'Bo' },
    ];
    expect(size({ messages })).toEqual({
      bytes: 8 + (32 + 6) + (32 + 3) + (2 + 2),
      latin: 8 + 3 + 2 + 2,
      cjk: 2,
      other: 0,
      messages: 3,
      tools: 0,
      images: 0,
    });
  });

  it('has nothing of what no model reads, nor of numbers and switches', () => {
    const fields = {
      stream: true,
      temperature: 1,
      stop: ['END'],
      user: 'Ann',
      metadata: { x: 'y' },
      logit_bias: { 5: 1 },
      stream_options: { include_usage: true },
      tools: null,
    };
    expect(size(fields)).toEqual(size({}));
  });

  it('counts images, and nothing of their data', () => {
    const url = `data:image/png;base64,${'A'.repeat(1000)}`;
    const content = [
      { type: 'image_url', image_url: { url, detail: 'low' } },
      { type: 'image_url', image_url: url },
    ];
    expect(message({ content })).toMatchObject({ images: 2, bytes: 2 * 32, latin: 0 });
  });

  it('counts sound and files by their data, of which a model might read any byte', () => {
    const content = [{ type: 'input_audio', input_audio: { data: 'A'.repeat(1000), format: 'wav' } }];
    const { bytes, latin } = message({ content });
    expect(bytes).toBeGreaterThan(1000);
    expect(bytes).toBeLessThan(1100);
    expect(latin).toBe(0);
  });

  it('counts tools, in both ways to give them, as the JSON that a template makes of them', () => {
    const text = JSON.stringify([tool, tool]);
    expect(size({ tools: [tool, tool] })).toMatchObject({ tools: 2, latin: text.length });
    expect(size({ functions: [tool.function] }).tools).toBe(1);
    expect(size({ tools: [tool, tool] }).bytes).toBeGreaterThan(text.length);
  });

  it('counts thinking once that is told under two names', () => {
    expect(message({ reasoning_content: 'mm', reasoning: 'mm' }).latin).toBe(2);
    expect(message({ reasoning: 'mm' }).latin).toBe(2);
  });

  it('has room in its bytes for the results of tools, which some templates write as JSON', () => {
    const content = '"\n<'.repeat(10);
    expect(size({ messages: [{ role: 'tool', content }] })).toMatchObject({ latin: 30, bytes: 30 + 72 });
  });

  it('has room for the name of a call with each of its results: so Ollama is told', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'n'.repeat(200), arguments: '{}' } };
    const result = { role: 'tool', tool_call_id: 'c1', content: 'x' };
    const sizeOf = (results: number) =>
      size({
        messages: [
          { role: 'assistant', tool_calls: [call] },
          ...Array.from({ length: results }, () => result),
        ],
      }).bytes;
    expect(sizeOf(3) - sizeOf(1)).toBeGreaterThanOrEqual(2 * 200);
  });
});

it('no text can stand anywhere in a request, under whatever name, and not be in the bytes of its prompt', () => {
  const text = 'x'.repeat(500);
  const places: object[] = [
    { chat_template: text },
    { documents: [{ title: 't', text }] },
    { response_format: { type: 'json_schema', json_schema: { schema: { description: text } } } },
    { tools: [{ type: text }] },
    { tool_choice: { function: { name: text } } },
    { prediction: { content: text } },
    { [text]: 'x' },
    { messages: [{ role: text, content: '' }] },
    { messages: [{ role: 'user', content: { [text]: 1 } }] },
    { messages: [{ role: 'user', content: [[text]] }] },
    { messages: [{ role: 'user', content: [{ type: 'text', text: '', [text]: '1' }] }] },
    { messages: [{ role: 'user', content: [{ type: 'text', text: { text } }] }] },
    { messages: [{ role: 'user', content: [{ type: text }] }] },
    {
      messages: [{ role: 'user', content: Array.from({ length: 500 }, () => ({ type: 'text', text: '' })) }],
    },
    { messages: [{ role: 'user', Content: text }] },
    { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: text } }] }] },
    { messages: [{ role: 'assistant', function_call: { name: text } }] },
    { messages: [{ role: 'tool', content: '', tool_call_id: text }] },
    { messages: [text] },
    { messages: { content: text } },
  ];
  for (const fields of places) expect(size(fields).bytes, JSON.stringify(fields)).toBeGreaterThanOrEqual(500);
});

it('any request at all has a size', () => {
  const any = fc.jsonValue({ maxDepth: 3 });
  const part = fc.oneof(any, fc.record({ type: any, text: any, image_url: any }, { requiredKeys: [] }));
  const anyMessage = fc.record(
    { role: any, content: fc.oneof(any, fc.array(part)), reasoning: any, tool_calls: any },
    { requiredKeys: [] },
  );
  const request = fc.record(
    { messages: fc.oneof(any, fc.array(fc.oneof(any, anyMessage))), tools: any, functions: any },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(request, (fields) => {
      const { bytes, latin, cjk, other } = measurePrompt(JSON.parse(JSON.stringify(fields)));
      expect(Number.isSafeInteger(bytes)).toBe(true);
      expect(bytes).toBeGreaterThanOrEqual(latin + cjk + other);
    }),
  );
});
