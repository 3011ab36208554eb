import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deferred } from './deferred.ts';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import { ask, json, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama({ maxQueue: 1 });
});
afterEach(() => fake.stop());

const chat = (rest: object = {}, signal?: AbortSignal) =>
  post(fake, '/api/chat', ask('hi', { stream: false, ...rest }), signal);
const running = async () =>
  ((await json(fetch(`${fake.url}/api/ps`))) as { models: { name: string; expires_at: string }[] }).models;

describe('a model that is not loaded', () => {
  it('sends nothing at all until it is', async () => {
    const release = fake.holdLoads();
    const answer = chat({ stream: true });
    const request = await fake.nextRequest('/api/chat');
    await request.until(({ phase }) => phase === 'loading');
    expect(request.status).toBeUndefined();
    release();
    expect((await answer).status).toBe(200);
    expect(fake.loads).toEqual([{ model: 'tiny:latest', numCtx: 4096, isReload: false, ending: 'loaded' }]);
  });

  it('is not loaded after all when the client leaves, and the next one pays again', async () => {
    const release = fake.holdLoads();
    const client = new AbortController();
    const answer = chat({}, client.signal);
    const request = await fake.nextRequest();
    await request.until(({ phase }) => phase === 'loading');
    client.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(await request.closed).toBe('aborted');
    release();
    await chat();
    expect(fake.loads.map(({ ending }) => ending)).toEqual(['aborted', 'loaded']);
  });

  it('takes the time that was asked for', async () => {
    await using slow = await startFakeOllama({ loadDelayMs: 30 });
    const answer = await json(post(slow, '/api/chat', ask('hi', { stream: false })));
    // A timer may fire a millisecond early by the other clock.
    expect(answer.load_duration).toBeGreaterThan(28e6);
  });

  it('waits for the load of another, since only one loads at a time', async () => {
    const release = fake.holdLoads();
    const first = chat();
    const second = chat({ model: 'seer' });
    const requests = [await fake.nextRequest(), await fake.nextRequest()];
    await requests[0]!.until(({ phase }) => phase === 'loading');
    await requests[1]!.until(({ phase }) => phase === 'queued');
    expect(fake.loads).toHaveLength(1);
    release();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    expect(fake.loads).toHaveLength(2);
  });

  it('gets 503 when the queue for loads is full', async () => {
    const release = fake.holdLoads();
    const patient = [chat(), chat({ model: 'seer' })];
    await (await fake.nextRequest()).until(({ phase }) => phase === 'loading');
    await (await fake.nextRequest()).until(({ phase }) => phase === 'queued');
    const refused = await chat({ model: 'thinker:8b' });
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: 'server busy, please try again.  maximum pending requests exceeded' },
    ]);
    expect(refused.headers.has('retry-after')).toBe(false);
    release();
    for (const answer of patient) expect((await answer).status).toBe(200);
  });
});

describe('a loaded model', () => {
  it('is loaded once for requests that agree about it', async () => {
    for (const options of [{}, { temperature: 0 }, { num_ctx: 4096 }]) await chat({ options });
    expect([fake.loads.length, fake.reloads]).toEqual([1, 0]);
  });

  it.each([{ options: { num_ctx: 8192 } }, { shift: false }, { options: { use_mmap: false } }])(
    'is loaded anew for %o, and again for the next that differs',
    async (other) => {
      await chat();
      await chat(other);
      await chat();
      expect(fake.reloads).toBe(2);
    },
  );

  it('shares its runner with every name of the same blob', async () => {
    fake.models.add({ name: 'a', blob: 'x' });
    fake.models.add({ name: 'b', blob: 'x', numCtx: 8192 });
    for (const model of ['a', 'b', 'a']) await chat({ model });
    expect(fake.reloads).toBe(2);
  });

  it('is evicted when there is no room for another', async () => {
    await using small = await startFakeOllama({ maxLoadedModels: 1 });
    for (const model of ['tiny', 'seer', 'tiny']) await post(small, '/api/generate', { model });
    expect(small.loads).toHaveLength(3);
    expect(small.reloads).toBe(0);
  });

  it('is kept as long as its last request says', async () => {
    await chat({ keep_alive: -1 });
    expect((await running())[0]!.expires_at).toMatch(/^2318/);
    await chat({ keep_alive: 0 });
    expect(await running()).toEqual([]);
  });

  it('goes when its time is over', async () => {
    await chat({ keep_alive: '1ms' });
    await expect.poll(running).toEqual([]);
  });
});

describe('the slots of a model', () => {
  const gates = [deferred<void>(), deferred<void>()];
  beforeEach(() => {
    let next = 0;
    const reply = () => ({ pieces: [{ until: gates[next++]!.promise }, { text: 'x' }] });
    fake.models.add({ name: 'slow', reply });
  });

  it('make requests wait in order, outside of the queue for loads', async () => {
    const answers = [chat({ model: 'slow' }), chat({ model: 'slow' })];
    const requests = [await fake.nextRequest(), await fake.nextRequest()];
    await requests[0]!.until(({ phase }) => phase === 'generating');
    await requests[1]!.until(({ phase }) => phase === 'slot');
    gates[0]!.resolve();
    await requests[0]!.closed;
    await requests[1]!.until(({ phase }) => phase === 'generating');
    gates[1]!.resolve();
    for (const answer of answers) expect((await answer).status).toBe(200);
  });

  it('are free again when the client in one leaves', async () => {
    fake.models.add({ name: 'stuck', reply: () => ({ pieces: [{ until: new Promise(() => {}) }] }) });
    const client = new AbortController();
    const left = chat({ model: 'stuck' }, client.signal).catch(() => 'left');
    const stuck = await fake.nextRequest();
    await stuck.until(({ phase }) => phase === 'generating');
    fake.models.add({ name: 'stuck', reply: 'free' });
    const answer = chat({ model: 'stuck' });
    await (await fake.nextRequest()).until(({ phase }) => phase === 'slot');
    client.abort();
    expect([await left, await stuck.closed, stuck.generation]).toEqual(['left', 'aborted', 'stopped']);
    expect((await answer).status).toBe(200);
  });

  it('are as many as NUM_PARALLEL', async () => {
    await using wide = await startFakeOllama({ numParallel: 2 });
    const gate = deferred<void>();
    wide.models.add({ name: 'slow', reply: { pieces: [{ until: gate.promise }] } });
    const answers = [1, 2].map(() => post(wide, '/api/chat', ask('x', { model: 'slow' })));
    for (const _ of answers) await (await wide.nextRequest()).until(({ phase }) => phase === 'generating');
    gate.resolve();
    for (const answer of answers) expect((await answer).status).toBe(200);
  });
});
