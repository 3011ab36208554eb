import type { GenerateResponse } from 'ollama';
import { beforeAll, describe, expect, it } from 'vitest';
import { endlessly } from '../fakes/ollama/replies.ts';
import { gather } from '../helpers/gather.ts';
import { ollamaOf } from '../helpers/ollama-callers.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

const messages = [{ role: 'user', content: 'Hello!' }];
const request = { messages, stream: true } as const;

let gateway: ServedGateway;
let ollama: ReturnType<typeof ollamaOf>;

beforeAll(async () => {
  gateway = await aServedGateway({
    freeze: false,
    environment: { router: { FIRST_SIGN_OF_LIFE_MS: '50', SIGN_OF_LIFE_EVERY_MS: '50' } },
    fake: {
      models: [
        { name: 'endless:latest', reply: () => ({ pieces: endlessly('more '), delayPerChunkMs: 5 }) },
        { name: 'tiny:latest', reply: 'Yes, it is.' },
      ],
      numParallel: 4,
    },
  });
  ollama = ollamaOf(gateway);
});

describe("Ollama's client with a model that is still loading", () => {
  it('sees signs of life that add nothing to the answer', async () => {
    const load = gateway.fake.holdLoads();
    const stream = await ollama.chat({ model: 'ollama/tiny', ...request }); // there is a head already
    let text = '';
    let signs = 0;
    for await (const line of stream) {
      if (line.message.content === '' && !line.done) signs += 1;
      if (signs === 3) load();
      text += line.message.content;
    }
    expect(signs).toBeGreaterThanOrEqual(3);
    expect(text).toBe('Yes, it is.');
  });

  it('sees them when it generates too', async () => {
    const model = 'ollama/endless';
    const load = gateway.fake.holdLoads();
    const stream = await ollama.generate({
      model,
      prompt: 'Go on',
      stream: true,
      options: { num_predict: 2 },
    });
    const lines: GenerateResponse[] = [];
    for await (const line of stream) {
      lines.push(line);
      load();
    }
    expect(lines[0]).toMatchObject({ model, response: '', done: false });
    expect(lines.map(({ response }) => response).join('')).toBe('more more ');
  });
});

describe("Ollama's client, aborting", () => {
  it('makes the upstream stop', async () => {
    const stream = await ollama.chat({ model: 'ollama/endless', ...request });
    const reading = (async () => {
      for await (const line of stream) if (line.message.content !== '') stream.abort();
    })();
    const error = await thrownBy(reading);
    expect(error).toMatchObject({ name: 'AbortError' });
    const asked = gateway.fake.requests.findLast(({ path }) => path === '/api/chat')!;
    expect(await asked.closed).toBe('aborted');
    expect(asked.generation).toBe('stopped');
  });
});

describe("Ollama's client in a stream that breaks", () => {
  it('throws what the last line says, after the text so far', async () => {
    gateway.fake.faults.next({ kind: 'error-line', afterChunks: 2, message: 'CUDA error at 10.0.0.7' });
    let text = '';
    const reading = async () => {
      for await (const line of await ollama.chat({ model: 'ollama/tiny', ...request }))
        text += line.message.content;
    };
    expect(await thrownBy(reading())).toMatchObject({ message: 'The model failed to answer.' });
    expect(text).toBe('Yes, it');
  });

  it('throws when it breaks after the signs of life', async () => {
    gateway.fake.faults.next({ kind: 'hang-before-head' });
    const stream = await ollama.chat({ model: 'ollama/tiny', ...request });
    const reading = gather(stream);
    await gateway.fake.stop();
    expect(await thrownBy(reading)).toMatchObject({ message: 'The model cannot be reached at the moment.' });
  });
});
