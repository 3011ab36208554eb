import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { startFakeOllama } from './fake-ollama.ts';
import type { JsonObject } from './go-json.ts';
import { ModelFolder } from './model-folder.ts';
import type { Mischief } from './serve-mischief.ts';
import { order, type Served, spawnServe, stateOf } from './spawn-serve.ts';
import { ask } from './test-client.ts';

/** Only a broken fake takes so long. */
const PATIENTLY = { timeout: 20_000 };

let home: string;
let models: ModelFolder;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sublet-home-'));
  models = new ModelFolder();
  models.add('tiny', { gguf: tinyGguf() });
});
afterEach(() => {
  rmSync(home, { recursive: true });
  models[Symbol.dispose]();
});

const serve = (rest: Record<string, string> = {}, mischief?: Mischief) =>
  spawnServe({
    HOME: home,
    OLLAMA_MODELS: models.path,
    ...(mischief && { FAKE_OLLAMA_MISCHIEF: JSON.stringify(mischief) }),
    ...rest,
  });
const chat = ({ url }: Served, rest: JsonObject = {}, init: RequestInit = {}) =>
  fetch(`${url}/api/chat`, { method: 'POST', body: JSON.stringify(ask('hi', rest)), ...init });
const loads = async ({ url }: Served) => (await stateOf(url)).loads.map(({ ending }) => ending);

describe('the program', () => {
  it('serves the folder, makes its key, and ends well at SIGTERM', async () => {
    await using served = await serve();
    expect(await (await chat(served, { stream: false })).json()).toMatchObject({ done: true });
    expect(existsSync(join(home, '.ollama/id_ed25519'))).toBe(true);
    served.process.kill('SIGTERM');
    expect(await served.exited).toBe(0);
  });

  it.each([
    [
      'a port that is taken',
      (port: number) => ({ OLLAMA_HOST: `127.0.0.1:${port}` }),
      /address already in use/,
    ],
    ['no home', () => ({ HOME: '' }), /\$HOME is not defined/],
    ['a home that is a file', () => ({ HOME: join(models.path, 'file') }), /could not create directory/],
    ['a host for everybody', () => ({ OLLAMA_HOST: '0.0.0.0:11434' }), /its own machine/],
  ])('does not start with %s', async (_, environment, message) => {
    models.write('file', '');
    await using other = await startFakeOllama();
    const outcome = await serve(environment(other.port)).catch((error: Error) => error.message);
    expect(outcome).toMatch(/^It ended with 1: Error: /);
    expect(outcome).toMatch(message);
  });

  it('takes its settings from the environment', async () => {
    await using served = await serve({
      OLLAMA_CONTEXT_LENGTH: '1024',
      OLLAMA_KEEP_ALIVE: '-1',
      OLLAMA_NO_CLOUD: '1',
    });
    await chat(served, { stream: false });
    const { models: loaded } = (await (await fetch(`${served.url}/api/ps`)).json()) as { models: object[] };
    expect(loaded).toMatchObject([{ context_length: 1024, expires_at: expect.stringMatching(/^2318/) }]);
    expect(await (await fetch(`${served.url}/api/status`)).json()).toMatchObject({
      cloud: { disabled: true },
    });
  });

  it('tells of its environment and of every request, headers and all', async () => {
    await using served = await serve({ SECRET: 'x' });
    await (await chat(served, {}, { headers: { 'x-fc-request-id': '1' } })).text();
    const state = await stateOf(served.url);
    expect(state.environment).toMatchObject({ SECRET: 'x', HOME: home });
    expect(state.requests).toMatchObject([
      { path: '/api/chat', headers: { 'x-fc-request-id': '1' }, status: 200, generation: 'finished' },
    ]);
    expect(state.requests[0]!.bodyText).toContain('"hi"');
  });
});

describe('a crash', () => {
  it('comes at once', async () => {
    await using served = await serve();
    await order(served.url, { crash: 'now' });
    expect(await served.exited).toBe(2);
  });

  it('comes at the next POST, not at a probe', async () => {
    await using served = await serve();
    await order(served.url, { crash: 'at-next-post' });
    expect((await fetch(served.url)).status).toBe(200);
    await expect(chat(served)).rejects.toThrow();
    expect(await served.exited).toBe(2);
  });

  it('comes in the middle of a stream', async () => {
    await using served = await serve();
    await order(served.url, { crashAfterChunks: 2, fault: { kind: 'hang-mid-stream', afterChunks: 2 } });
    const response = await chat(served);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(await served.exited).toBe(2);
  });

  it.each([
    ['the environment', true],
    ['a file', false],
  ])('comes at as many starts as %s says', async (_, byEnvironment) => {
    const mischief = { crashAtStarts: 2 };
    await using first = await serve();
    first.process.kill();
    await first.exited;
    if (!byEnvironment) writeFileSync(join(home, '.ollama/fake-mischief.json'), JSON.stringify(mischief));
    const again = () => serve({}, byEnvironment ? mischief : undefined);
    await expect(again()).rejects.toThrow('It ended with 2');
    await using third = await again();
    expect((await stateOf(third.url)).starts).toBe(3);
  });
});

describe('other mischief', () => {
  it('is an answer that never comes, from a process that stays', async () => {
    await using served = await serve();
    await order(served.url, { hang: true });
    const client = new AbortController();
    const left = chat(served, {}, { signal: client.signal }).catch(() => 'left');
    const probe = fetch(served.url, { signal: client.signal }).catch(() => 'left');
    expect((await stateOf(served.url)).pid).toBe(served.process.pid);
    client.abort();
    expect([await left, await probe]).toEqual(['left', 'left']);
    await order(served.url, { hang: false });
    expect((await chat(served)).status).toBe(200);
  });

  it('is a load that takes until it is released, and that a leaving caller aborts', async () => {
    await using served = await serve({}, { holdLoads: true });
    const client = new AbortController();
    const left = chat(served, {}, { signal: client.signal }).catch(() => 'left');
    await expect.poll(() => loads(served), PATIENTLY).toEqual(['loading']);
    client.abort();
    expect(await left).toBe('left');
    await expect.poll(() => loads(served), PATIENTLY).toEqual(['aborted']);
    const answer = chat(served, { stream: false });
    await expect.poll(() => loads(served), PATIENTLY).toEqual(['aborted', 'loading']);
    await order(served.url, { holdLoads: false });
    expect((await answer).status).toBe(200);
    expect((await stateOf(served.url)).abortedLoads).toBe(1);
  });

  it('is a load that does not get on for too long', async () => {
    await using served = await serve({ OLLAMA_LOAD_TIMEOUT: '20ms' }, { holdLoads: true });
    const answer = await chat(served);
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: expect.stringMatching(/^timed out waiting for llama-server to start/) },
    ]);
  });

  it('is a load that fails until it is told not to', async () => {
    await using served = await serve({}, { failLoads: 'unable to load full model on GPU' });
    expect(await (await chat(served)).json()).toEqual({ error: 'unable to load full model on GPU' });
    await order(served.url, { failLoads: null });
    expect((await chat(served)).status).toBe(200);
  });

  it('is a SIGTERM that changes nothing', async () => {
    await using served = await serve({}, { ignoreSigterm: true });
    served.process.kill('SIGTERM');
    expect((await chat(served)).status).toBe(200);
    served.process.kill('SIGKILL');
    expect(await served.exited).toBe('SIGKILL');
  });

  it('must be spelt right', async () => {
    await using served = await serve();
    await expect(order(served.url, { crsh: 'now' } as Mischief)).rejects.toThrow('crsh');
  });
});
