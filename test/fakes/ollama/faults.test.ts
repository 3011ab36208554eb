import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import type { Fault } from './faults.ts';
import { ask, chunksOf, eventsOf, json, linesOf, open, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama({
    models: [{ name: 'tiny', reply: { pieces: ['你', '好', '🌍', '.'].map((text) => ({ text })) } }],
  });
});
afterEach(() => fake.stop());

const paths = ['/api/chat', '/v1/chat/completions'] as const;
const stream = (path: string, signal?: AbortSignal) => post(fake, path, ask('hi', { stream: true }), signal);
const whole = (path: string, signal?: AbortSignal) => post(fake, path, ask('hi', { stream: false }), signal);

/** All that came before the end, and whether that was a proper one. */
async function received(response: Promise<Response>) {
  const reader = (await response).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    return { text, isClean: true };
  } catch {
    return { text, isClean: false };
  }
}

describe.each(paths)('on %s', (path) => {
  it('refuse: the connection breaks before an answer', async () => {
    fake.faults.next({ kind: 'refuse' });
    await expect(stream(path)).rejects.toThrow('fetch failed');
    expect(await (await fake.nextRequest()).closed).toBe('cut');
  });

  it('hang-before-head: nothing comes until the client leaves', async () => {
    fake.faults.next({ kind: 'hang-before-head' });
    const client = new AbortController();
    const answer = stream(path, client.signal);
    const request = await fake.nextRequest();
    client.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect([await request.closed, request.status, request.generation]).toEqual([
      'aborted',
      undefined,
      'not-started',
    ]);
  });

  it('hang-before-first-token: the head comes, and then nothing', async () => {
    fake.faults.next({ kind: 'hang-before-first-token' });
    const client = new AbortController();
    expect((await stream(path, client.signal)).status).toBe(200);
    client.abort();
    const request = await fake.nextRequest();
    expect([await request.closed, request.chunksSent, request.generation]).toEqual(['aborted', 0, 'stopped']);
  });

  it('hang-mid-stream: that many chunks come, and then nothing', async () => {
    fake.faults.next({ kind: 'hang-mid-stream', afterChunks: 2 });
    const client = new AbortController();
    const answer = received(stream(path, client.signal));
    const request = await fake.nextRequest();
    await request.until(({ chunksSent }) => chunksSent === 2);
    client.abort();
    expect([await request.closed, request.chunksSent]).toEqual(['aborted', 2]);
    await answer.catch(() => {});
  });

  it('drip: a pause stands before each chunk', async () => {
    fake.faults.next({ kind: 'drip', delayMs: 5 });
    await received(stream(path));
    const { chunkTimesMs } = await fake.nextRequest();
    // A timer may fire a millisecond early by the other clock.
    for (let at = 1; at < chunkTimesMs.length; at += 1)
      expect(chunkTimesMs[at]! - chunkTimesMs[at - 1]!).toBeGreaterThan(3.5);
  });

  it('cut-mid-line: the connection breaks inside the third chunk', async () => {
    fake.faults.next({ kind: 'cut-mid-line', afterChunks: 2 });
    const { text, isClean } = await received(stream(path));
    const lines = text.split(/\n+/);
    expect([isClean, lines.length]).toEqual([false, 3]);
    expect(() => JSON.parse(lines[2]!.replace('data: ', ''))).toThrow();
    expect(await (await fake.nextRequest()).closed).toBe('cut');
  });

  it('reset: the connection is reset after a chunk', async () => {
    fake.faults.next({ kind: 'reset' });
    const { response } = open(fake, path, ask('hi', { stream: true }));
    await expect(chunksOf(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await fake.nextRequest()).chunksSent).toBe(1);
  });

  it('cut-without-terminal: all is well but for the ending', async () => {
    fake.faults.next({ kind: 'cut-without-terminal' });
    const { text, isClean } = await received(stream(path));
    expect(isClean).toBe(true);
    expect(text).toContain('🌍');
    expect(text).not.toMatch(/"done":true|"finish_reason":"|\[DONE\]/);
  });

  it('one-byte-chunks: every byte travels alone', async () => {
    fake.faults.next({ kind: 'one-byte-chunks' });
    const { response } = open(fake, path, ask('hi', { stream: true }));
    const chunks = await chunksOf(response);
    expect(chunks.every(({ length }) => length === 1)).toBe(true);
    expect(Buffer.concat(chunks).toString()).toMatch(/你.*好.*🌍/s);
    expect((await fake.nextRequest()).chunksSent).toBeLessThan(10);
  });

  it('split-utf8: characters are torn apart', async () => {
    fake.faults.next({ kind: 'split-utf8' });
    const { response } = open(fake, path, ask('hi', { stream: true }));
    const chunks = await chunksOf(response);
    const torn = chunks.filter((chunk) => chunk.toString().includes('\ufffd'));
    expect(torn.length).toBeGreaterThan(6);
    expect(Buffer.concat(chunks).toString()).not.toContain('\ufffd');
  });

  it('bad-json: one line is broken, the ending is not', async () => {
    fake.faults.next({ kind: 'bad-json', afterChunks: 1 });
    const { text, isClean } = await received(stream(path));
    const broken = text
      .trimEnd()
      .split(/\n+/)
      .filter((line) => !/\}$|\[DONE\]$/.test(line));
    expect([isClean, broken.length]).toEqual([true, 1]);
    expect(text).toMatch(/"done":true|\[DONE\]/);
  });

  it('queue-full: 503 without a hint when to come again', async () => {
    fake.faults.next({ kind: 'queue-full' });
    const response = await stream(path);
    expect([response.status, response.headers.has('retry-after')]).toEqual([503, false]);
    expect(await response.text()).toContain(
      'server busy, please try again.  maximum pending requests exceeded',
    );
  });

  it('error-status: this status, text and header before the first byte', async () => {
    fake.faults.next({
      kind: 'error-status',
      status: 429,
      message: 'slow down',
      headers: { 'retry-after': '7' },
    });
    const response = await stream(path);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    const error =
      path === '/api/chat'
        ? 'slow down'
        : { message: 'slow down', type: 'api_error', param: null, code: null };
    expect(await response.json()).toEqual({ error });
  });

  it('error-status with a body: whatever a proxy in between might say', async () => {
    fake.faults.next({ kind: 'error-status', status: 502, body: '<h1>Bad gateway</h1>' });
    const response = await stream(path);
    expect([response.status, await response.text()]).toEqual([502, '<h1>Bad gateway</h1>']);
  });

  it('error-line with nothing sent yet: a status of its own', async () => {
    fake.faults.next({ kind: 'error-line', afterChunks: 0, message: 'CUDA error' });
    const response = await stream(path);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('CUDA error');
  });

  it('html: 200 with a page', async () => {
    fake.faults.next({ kind: 'html' });
    const response = await stream(path);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
  });

  it('garbage-head: bytes that are not HTTP', async () => {
    fake.faults.next({ kind: 'garbage-head' });
    await expect(open(fake, path, ask('hi')).response).rejects.toMatchObject({
      code: 'HPE_INVALID_CONSTANT',
    });
  });

  it('without stream a hang has no head, a cut half a body, and a failure its status', async () => {
    fake.faults.next({ kind: 'hang-mid-stream' });
    const client = new AbortController();
    const answer = whole(path, client.signal);
    const request = await fake.nextRequest();
    await request.until(({ generation }) => generation === 'finished');
    client.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect([await request.closed, request.status]).toEqual(['aborted', undefined]);

    fake.faults.next({ kind: 'cut-mid-line' });
    const cut = await received(whole(path));
    expect(cut.isClean).toBe(false);
    expect(cut.text).toMatch(/^\{"/);

    fake.faults.next({ kind: 'error-line', message: 'CUDA error' });
    expect((await whole(path)).status).toBe(500);

    fake.faults.next({ kind: 'bad-json' });
    await expect(json(whole(path))).rejects.toThrow(SyntaxError);
  });

  it('a reply that is shorter than the fault waits is hit at its end', async () => {
    fake.faults.next({ kind: 'reset', afterChunks: 99 });
    const { isClean } = await received(stream(path));
    expect(isClean).toBe(false);
    expect((await fake.nextRequest()).chunksSent).toBe(4);
  });
});

describe('an error in mid-stream', () => {
  const fault: Fault = { kind: 'error-line', afterChunks: 2, message: '{"error":"a JSON text"}' };

  it('is the last line of a native stream, with status 200', async () => {
    fake.faults.next(fault);
    const lines = await linesOf(stream('/api/chat'));
    expect(lines).toMatchObject([{ done: false }, { done: false }, { error: '{"error":"a JSON text"}' }]);
  });

  it('gets lost on /v1: an empty chunk of no model, and no [DONE]', async () => {
    fake.faults.next(fault);
    const events = await eventsOf(stream('/v1/chat/completions'));
    expect(events).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({
      model: '',
      choices: [{ index: 0, delta: { content: '' }, finish_reason: null }],
    });
  });
});

describe('an answer that was never done', () => {
  it('is 200 with done:false, or no finish reason, where it is not streamed', async () => {
    fake.faults.always({ kind: 'done-false' });
    const native = await json(whole('/api/chat'));
    expect(native).toMatchObject({ message: { content: '你好🌍.' }, done: false });
    expect(native).not.toHaveProperty('done_reason');
    expect(await json(whole('/v1/chat/completions'))).toMatchObject({
      choices: [{ message: { content: '你好🌍.' }, finish_reason: null }],
      usage: { total_tokens: 0 },
    });
  });

  it('may lack [DONE] alone', async () => {
    fake.faults.next({ kind: 'cut-without-terminal', from: '[DONE]' });
    const events = await eventsOf(stream('/v1/chat/completions'));
    expect(events.at(-1)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }] });
  });
});

describe('the planning of faults', () => {
  const statuses = async (count: number) => {
    const seen: number[] = [];
    for (let at = 0; at < count; at += 1) seen.push((await whole('/api/chat')).status);
    return seen;
  };

  it('hits one request for each that was queued, in order', async () => {
    fake.faults.next({ kind: 'queue-full' });
    fake.faults.next({ kind: 'error-status', status: 418 });
    expect(fake.faults.areSpent).toBe(false);
    expect(await statuses(3)).toEqual([503, 418, 200]);
    expect(fake.faults.areSpent).toBe(true);
    expect(fake.requests.map(({ fault }) => fault?.kind)).toEqual(['queue-full', 'error-status', undefined]);
  });

  it('hits all requests until cleared', async () => {
    fake.faults.always({ kind: 'queue-full' });
    expect(await statuses(2)).toEqual([503, 503]);
    fake.faults.clear();
    expect(await statuses(1)).toEqual([200]);
  });

  it('leaves listings alone unless they are named', async () => {
    fake.faults.next({ kind: 'queue-full' });
    fake.faults.next({ kind: 'error-status', status: 500 }, '/api/tags');
    expect([
      (await fetch(`${fake.url}/api/ps`)).status,
      (await fetch(`${fake.url}/api/tags`)).status,
    ]).toEqual([200, 500]);
    expect(await statuses(1)).toEqual([503]);
  });

  it('can refuse connections for real, and take them again at the same port', async () => {
    await fake.refuseConnections();
    await expect(whole('/api/chat')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await fake.acceptConnections();
    expect((await whole('/api/chat')).status).toBe(200);
  });
});
