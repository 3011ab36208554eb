import { APIUserAbortError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { endlessly } from '../fakes/ollama/replies.ts';
import { aServedGateway, BACKENDS, type ServedGateway, upstreamPath } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

const models = [
  { name: 'endless:latest', reply: () => ({ pieces: endlessly('more and '), delayPerChunkMs: 5 }) },
  { name: 'pensive:latest', reply: { pieces: [{ until: new Promise(() => {}) }] } },
];

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({ freeze: false, fake: { models, numParallel: 8 } });
});

describe.each(BACKENDS)('a caller who hangs up on a response of the %s backend', (backend) => {
  const path = upstreamPath(backend);
  const request = (name: string) => ({ model: `${backend}/${name}`, input: 'Hello!' });

  it('in the middle of a stream makes the upstream stop', async () => {
    const events = await gateway.client.responses.create({ ...request('endless'), stream: true });
    const upstream = await gateway.fake.nextRequest(path);
    for await (const { type } of events) if (type === 'response.output_text.delta') break;
    expect(await upstream.closed).toBe('aborted');
  });

  it.each([true, false])('before the first token makes the upstream stop; stream: %s', async (stream) => {
    const abort = new AbortController();
    const reply = gateway.client.responses.create(
      { ...request('pensive'), stream },
      { signal: abort.signal },
    );
    const upstream = await gateway.fake.nextRequest(path);
    abort.abort();
    expect(await thrownBy(reply)).toBeInstanceOf(APIUserAbortError);
    expect(await upstream.closed).toBe('aborted');
  });
});
