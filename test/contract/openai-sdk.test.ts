import OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { aGateway, type TestGateway, theCustomAgent } from '../helpers/gateway.ts';

let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  gateway = await aGateway();
  await theCustomAgent(gateway.database);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key });
});

const greeting = { model: 'custom-agent', messages: [{ role: 'user' as const, content: 'Hello!' }] };

describe('the OpenAI SDK, talking to the custom agent', () => {
  it('streams the greeting in several pieces', async () => {
    const stream = await client.chat.completions.create({ ...greeting, stream: true });
    const pieces: string[] = [];
    let finish: string | null = null;
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content) pieces.push(choices[0].delta.content);
      finish ??= choices[0]?.finish_reason ?? null;
    }
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('')).toContain('你好！Hello!');
    expect(finish).toBe('stop');
  });

  it('gets the same text without a stream, with usage', async () => {
    const completion = await client.chat.completions.create(greeting);
    expect(completion.choices[0]?.message.content).toContain('你好！Hello!');
    expect(completion.usage?.total_tokens).toBe(
      completion.usage!.prompt_tokens + completion.usage!.completion_tokens,
    );
  });
});
