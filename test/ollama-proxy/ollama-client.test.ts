import { Ollama } from 'ollama';
import { beforeAll, describe, expect, it } from 'vitest';
import { callSigned } from './signed-call.ts';
import { aLastingStage } from './stage.ts';

let client: Ollama;
beforeAll(async () => {
  const { url } = await aLastingStage();
  const signed = (input: string | URL | Request, init: RequestInit = {}) =>
    callSigned(url, new URL(String(input)).pathname, undefined, {
      method: init.method ?? 'GET',
      ...(init.body && { body: init.body }),
      ...(init.signal && { signal: init.signal }),
    });
  client = new Ollama({ host: url, fetch: signed as typeof fetch });
});

const messages = [{ role: 'user', content: 'Hello!' }];

describe('the official client', () => {
  it('chats, whole and streamed', async () => {
    const whole = await client.chat({ model: 'tiny', messages });
    let text = '';
    for await (const part of await client.chat({ model: 'tiny', messages, stream: true })) {
      text += part.message.content;
    }
    expect(whole.message.content).not.toBe('');
    expect(text).toBe(whole.message.content);
  });

  it('generates and makes vectors', async () => {
    expect(await client.generate({ model: 'tiny', prompt: 'Hello!' })).toMatchObject({ done: true });
    const { embeddings } = await client.embed({ model: 'embed', input: ['one', 'two'] });
    expect(embeddings).toHaveLength(2);
  });

  it('lists, shows, and tells what is loaded', async () => {
    expect((await client.list()).models).toHaveLength(3);
    expect(await client.show({ model: 'tiny' })).toMatchObject({ capabilities: ['completion'] });
    expect((await client.ps()).models).toHaveLength(1);
  });

  it('cannot change anything', async () => {
    await expect(client.pull({ model: 'tiny' })).rejects.toThrow('There is no POST /api/pull here');
    await expect(client.delete({ model: 'tiny' })).rejects.toThrow('There is no DELETE /api/delete here');
  });
});
