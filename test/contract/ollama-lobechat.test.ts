import { Ollama } from 'ollama/browser';
import { beforeAll, describe, expect, it } from 'vitest';
import { gather } from '../helpers/gather.ts';
import { lastRequest } from '../helpers/ollama-callers.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

/** As LobeChat's Ollama provider asks, which knows a base URL and nothing else (reference: lobechat.md 3). */
let gateway: ServedGateway;
let client: Ollama;

beforeAll(async () => {
  gateway = await aServedGateway();
  client = new Ollama({ host: `${gateway.url}/k/${gateway.key}` });
});

const options = { frequency_penalty: 0, presence_penalty: 0, temperature: 0.5, top_p: 1 };
const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];

describe("LobeChat's Ollama provider with a key in its base URL", () => {
  it('finds the models', async () => {
    const { models } = await client.list();
    expect(models.map(({ name }) => name)).toContain('ollama/tiny');
  });

  it('chats, with the sampling that it always sends', async () => {
    const messages = [{ role: 'user', content: 'Hello!' }];
    const request = { model: 'ollama/tiny', messages, options, stream: true } as const;
    const lines = await gather(await client.chat(request));
    expect(lines.map(({ message }) => message.content).join('')).toBe('Hello, 世界! 🌍 Grüße.');
    expect(lastRequest(gateway, '/api/chat').body.options).toMatchObject(options);
  });

  it('goes on after a tool, of which it says neither name nor id', async () => {
    const messages = [
      { role: 'user', content: 'Is it sunny?' },
      { role: 'assistant', content: '' },
      { role: 'tool', content: 'sunny' },
    ];
    const lines = await gather(await client.chat({ model: 'ollama/thinker', messages, tools, stream: true }));
    expect(lines.map(({ message }) => message.content).join('')).toBe('答案是 42.');
    expect(lastRequest(gateway, '/api/chat').body.messages).toEqual(messages);
  });

  it('embeds, in the older way', async () => {
    const { embedding } = await client.embeddings({ model: 'ollama/embed', prompt: 'Hello!' });
    expect(embedding.length).toBeGreaterThan(0);
  });

  it('is told why it cannot pull', async () => {
    const error = await thrownBy(client.pull({ model: 'qwen3:8b', insecure: false, stream: true }));
    expect(error).toMatchObject({
      status_code: 403,
      message: expect.stringContaining('may not pull models'),
    });
  });
});
