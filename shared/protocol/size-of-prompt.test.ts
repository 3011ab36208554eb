import { describe, expect, it } from 'vitest';
import type { Message, Prompt } from './prompt.ts';
import { sizeOfPrompt } from './size-of-prompt.ts';

const size = (fields: Partial<Prompt>) =>
  sizeOfPrompt({ messages: [], tools: [], toolChoice: 'auto', sampling: {}, demands: [], ...fields });
const user = (text: string): Message => ({ role: 'user', text, images: [] });
const call = { id: 'c1', name: 'weather', arguments: { city: 'x' } };

describe('the size of a prompt that was read', () => {
  it('is that of the texts of its messages', () => {
    const messages: Message[] = [
      { role: 'system', text: 'Be kind.' },
      user('你好 yes'),
      { role: 'assistant', text: 'ok', thinking: 'mm', toolCalls: [] },
    ];
    expect(size({ messages })).toEqual({
      bytes: 8 + 10 + 4,
      latin: 8 + 4 + 4,
      cjk: 2,
      other: 0,
      messages: 3,
      tools: 0,
      images: 0,
    });
  });

  it('counts images, and nothing of their data', () => {
    const images = [{ type: 'base64', data: 'A'.repeat(1000), param: 'p' } as const];
    const counted = size({ messages: [{ role: 'user', text: '', images }] });
    expect(counted).toMatchObject({ images: 1, latin: 0 });
    expect(counted.bytes).toBeLessThan(100);
  });

  it('counts tools as the JSON that a template makes of them', () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', description: 'Finds <it>.' } }];
    expect(size({ tools })).toMatchObject({ tools: 1, latin: JSON.stringify(tools).length });
    expect(size({ tools }).bytes).toBeGreaterThan(JSON.stringify(tools).length);
  });

  it('has room in its bytes for the results of tools, which some templates write as JSON with the name of the call', () => {
    const answered: Message[] = [
      { role: 'assistant', text: '', toolCalls: [{ ...call, name: 'n'.repeat(500) }] },
      { role: 'tool', text: '"\n<'.repeat(10), toolCallId: 'c1' },
    ];
    const alone = size({ messages: answered.slice(0, 1) });
    const both = size({ messages: answered });
    expect(both.latin - alone.latin).toBe(30);
    expect(both.bytes - alone.bytes).toBeGreaterThanOrEqual(30 + 72 + 500);
  });
});

it('no text can stand anywhere in a prompt that a model may read, and not be in its bytes', () => {
  const text = 'x'.repeat(500);
  const places: Partial<Prompt>[] = [
    { messages: [{ role: 'system', text }] },
    { messages: [user(text)] },
    { messages: [{ role: 'assistant', text, toolCalls: [] }] },
    { messages: [{ role: 'assistant', text: '', thinking: text, toolCalls: [] }] },
    { messages: [{ role: 'assistant', text: '', toolCalls: [{ ...call, id: text }] }] },
    { messages: [{ role: 'assistant', text: '', toolCalls: [{ ...call, arguments: { [text]: 1 } }] }] },
    { messages: [{ role: 'tool', text, toolCallId: 'c' }] },
    { messages: [{ role: 'tool', text: '', toolCallId: text }] },
    { messages: [{ role: 'tool', text: '', toolCallId: 'c', toolName: text }] },
    { tools: [{ type: 'function', function: { name: text } }] },
    { toolChoice: { tool: text } },
    { format: { type: 'schema', schema: { description: text } } },
  ];
  for (const fields of places) expect(size(fields).bytes, JSON.stringify(fields)).toBeGreaterThanOrEqual(500);
});
