import { APIUserAbortError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { endlessly } from '../fakes/ollama/replies.ts';
import { callLines } from '../helpers/call-lines.ts';
import { listen } from '../helpers/chat-stream.ts';
import {
  aServedGateway,
  ask,
  BACKENDS,
  type ServedGateway,
  upstreamPath,
} from '../helpers/served-gateway.ts';

const never = new Promise(() => {});
const models = [
  { name: 'endless:latest', reply: () => ({ pieces: endlessly('more and '), delayPerChunkMs: 5 }) },
  { name: 'pensive:latest', reply: { pieces: [{ until: never }] } },
  { name: 'tiny:latest' },
];

/** Its process goes on after a hang-up, as one does that has other calls in flight. */
let gateway: ServedGateway;
/** Its process stands still at once when no call is in flight. */
let frozen: ServedGateway;

beforeAll(async () => {
  [gateway, frozen] = await Promise.all([
    aServedGateway({ freeze: false, fake: { models, numParallel: 8 } }),
    aServedGateway({ freeze: true, fake: { models, numParallel: 8 } }),
  ]);
});

describe.each(BACKENDS)('a caller who hangs up on a model of the %s backend', (backend) => {
  const path = upstreamPath(backend);

  it('in the middle of a stream makes the upstream stop', async () => {
    const stream = await gateway.client.chat.completions.create({
      ...ask(`${backend}/endless`),
      stream: true,
    });
    const request = await gateway.fake.nextRequest(path);
    for await (const _ of stream) break; // the SDK aborts when one stops reading
    expect(await request.closed).toBe('aborted');
    expect(request.generation).toBe('stopped');
    expect(await lastLine()).toMatchObject({ status: 200, hungUp: true, stream: true });
  });

  it('before the first token makes the upstream stop, and is told in the log as 499', async () => {
    const abort = new AbortController();
    const reply = gateway.client.chat.completions
      .create({ ...ask(`${backend}/pensive`), stream: true }, { signal: abort.signal })
      .then(listen);
    const request = await gateway.fake.nextRequest(path);
    abort.abort();
    await expect(reply).rejects.toBeInstanceOf(APIUserAbortError);
    expect(await request.closed).toBe('aborted');
    expect(await lastLine()).toMatchObject({ status: 499, hungUp: true });
  });

  it('while it waits for a whole answer makes the upstream stop', async () => {
    const abort = new AbortController();
    const reply = gateway.client.chat.completions.create(ask(`${backend}/endless`), { signal: abort.signal });
    const request = await gateway.fake.nextRequest(path);
    abort.abort();
    await expect(reply).rejects.toBeInstanceOf(APIUserAbortError);
    expect(await request.closed).toBe('aborted');
    expect(await lastLine()).toMatchObject({ status: 499, hungUp: true, stream: false });
  });

  it('lets the upstream go with the next call, where the hang-up had frozen the process', async () => {
    const { client, fake, log } = frozen;
    const stream = await client.chat.completions.create({ ...ask(`${backend}/endless`), stream: true });
    for await (const _ of stream) break;
    const request = fake.requests.at(-1)!;
    const { choices } = await client.chat.completions.create(ask(`${backend}/tiny`));
    expect(choices[0]!.message.content).toBe('Hello, 世界! 🌍');
    expect(await request.closed).toBe('aborted');
    expect(log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

/** The line of the last call, which is written when its connection has closed. */
const lastLine = async () => (await callLines(gateway, gateway.fake.requests.length)).at(-1);
