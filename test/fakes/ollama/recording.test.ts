import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import { endlessly } from './replies.ts';
import { ask, chunksOf, open, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama();
});
afterEach(() => fake.stop());

describe('the record of a request', () => {
  it('has what was sent, and what became of it', async () => {
    await (await post(fake, '/api/chat?x=1', ask('你好', { options: { seed: 1 } }))).text();
    const request = await fake.nextRequest();
    expect(await request.closed).toBe('answered');
    expect(request).toMatchObject({
      method: 'POST',
      path: '/api/chat',
      query: 'x=1',
      body: { model: 'tiny', options: { seed: 1 } },
      status: 200,
      promptTokens: 6,
      generation: 'finished',
      aborted: false,
    });
    expect(request.headers['content-type']).toMatch(/text\/plain/);
    expect(request.bodyText).toContain('你好');
    expect([request.chunksSent, request.chunkTimesMs.length]).toEqual([
      request.outputTokens + 1,
      request.outputTokens + 1,
    ]);
  });

  it('keeps the text of a body that is not JSON', async () => {
    await post(fake, '/api/chat', '{"model"');
    expect(await fake.nextRequest()).toMatchObject({ bodyText: '{"model"', body: {} });
  });

  it('is handed out once, by path where wished, and waited for', async () => {
    const later = fake.nextRequest('/api/show');
    await fetch(`${fake.url}/api/tags`);
    await post(fake, '/api/chat', ask('x'));
    await post(fake, '/api/show', { model: 'tiny' });
    expect((await later).path).toBe('/api/show');
    expect((await fake.nextRequest('/api/chat')).path).toBe('/api/chat');
    expect((await fake.nextRequest()).path).toBe('/api/tags');
    expect(fake.requests).toHaveLength(3);
  });

  it('tells that the client left, and that the model stopped', async () => {
    fake.models.add({ name: 'talker', reply: () => ({ pieces: endlessly('哈'), delayPerChunkMs: 1 }) });
    const { request, response } = open(fake, '/api/chat', ask('x', { model: 'talker' }));
    await response;
    const record = await fake.nextRequest();
    await record.until(({ chunksSent }) => chunksSent >= 3);
    request.destroy();
    expect(await record.closed).toBe('aborted');
    expect(record).toMatchObject({ aborted: true, generation: 'stopped' });
    expect(record.outputTokens).toBeGreaterThanOrEqual(3);
  });

  it('closes even when the script waits for something that never comes', async () => {
    const pieces = (async function* () {
      yield { text: 'x' };
      await new Promise(() => {});
    })();
    fake.models.add({ name: 'stuck', reply: { pieces } });
    const { request, response } = open(fake, '/api/chat', ask('x', { model: 'stuck' }));
    await response;
    request.destroy();
    expect(await (await fake.nextRequest()).closed).toBe('aborted');
  });

  it('refuses to be waited on for what can no longer come', async () => {
    await post(fake, '/api/chat', ask('x', { stream: false }));
    const record = await fake.nextRequest();
    await record.closed;
    await expect(record.until(({ chunksSent }) => chunksSent === 99)).rejects.toThrow('ended (answered)');
  });
});

describe('a reply without end', () => {
  it('is made no faster than it is read', async () => {
    fake.models.add({ name: 'talker', reply: () => ({ pieces: endlessly('x'.repeat(64 * 1024)) }) });
    const { request, response } = open(fake, '/api/chat', ask('x', { model: 'talker' }));
    (await response).pause();
    const record = await fake.nextRequest();
    await settled(() => record.chunksSent);
    const whilePaused = record.chunksSent;
    expect(record.outputTokens).toBeLessThanOrEqual(whilePaused + 1);
    (await response).resume();
    await record.until(({ chunksSent }) => chunksSent > whilePaused * 2);
    request.destroy();
    expect(await record.closed).toBe('aborted');
  });
});

describe('stopping', () => {
  it('ends what hangs, and those who wait for a request', async () => {
    fake.faults.next({ kind: 'hang-mid-stream' });
    const { response } = open(fake, '/api/chat', ask('x'));
    const answer = chunksOf(response);
    const record = await fake.nextRequest();
    await record.until(({ chunksSent }) => chunksSent === 1);
    const waiting = fake.nextRequest();
    const stopped = fake.stop();
    await expect(waiting).rejects.toThrow('stopped');
    await expect(answer).rejects.toThrow('aborted');
    await stopped;
    expect(await record.closed).toBe('stopped');
    await expect(post(fake, '/api/chat', ask('x'))).rejects.toThrow('fetch failed');
  });
});

/** Resolves once a number has stood still for a while; how long does not decide what is asserted. */
async function settled(read: () => number): Promise<void> {
  for (let before = -1; before !== read(); ) {
    before = read();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
