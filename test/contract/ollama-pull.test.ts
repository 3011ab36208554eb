import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Ollama } from 'ollama/browser';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '#shared/db/schema.ts';
import { FakeModelPull, SECRET } from '../fakes/model-pull/fake-model-pull.ts';
import { type Fault, json } from '../fakes/model-pull/wire.ts';
import { aGateway, aKey, type TestGateway } from '../helpers/gateway.ts';
import { gather } from '../helpers/gather.ts';
import { callApi } from '../helpers/ollama-callers.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { ErrorAnswer } from '../schemas/ollama.ts';

const LINES = [
  { status: 'pulling manifest' },
  { status: 'pulling abababababab', digest: `sha256:${'ab'.repeat(32)}`, total: 10 },
  { status: 'pulling abababababab', digest: `sha256:${'ab'.repeat(32)}`, total: 10, completed: 10 },
  { status: 'success' },
];

let fake: FakeModelPull;
let gateway: TestGateway;
let client: Ollama;

beforeAll(async () => {
  fake = await new FakeModelPull().start();
  const router = { MODEL_PULL_URL: `${fake.url}/`, INTERNAL_SECRET: SECRET };
  gateway = await aGateway({ freeze: false, environment: { router } });
  await gateway.database.write((db) => db.update(keys).set({ rights: ['pull'] }));
  client = new Ollama({ host: `${gateway.url}/k/${gateway.key}` });
});
afterAll(() => fake.stop());
beforeEach(() => {
  fake.requests.length = 0;
  fake.faults.clear();
  fake.pullLines = ({ stream }) => (stream ? LINES : [{ status: 'success' }]);
});

const next = (fault: Fault) => fake.faults.set('POST /api/pull', [fault]);
const lastSeen = () => fake.seen('POST /api/pull').at(-1)!;
const pull = (body: object, signal?: AbortSignal) => callApi(gateway, 'pull', body, signal);

describe('a key with the right to pull', () => {
  it('pulls with progress, as LobeChat’s dialog does', async () => {
    const lines = await gather(await client.pull({ model: 'qwen3:8b', insecure: false, stream: true }));
    expect(lines).toEqual(LINES);
    expect(lastSeen().body).toEqual({ model: 'qwen3:8b', stream: true, insecure: false });
    expect(lastSeen().subject).toMatch(/^key \d+$/);
  });

  it('waits for the end where it wants no stream', async () => {
    expect(await client.pull({ model: 'qwen3:8b' })).toEqual({ status: 'success' });
    expect(lastSeen().body).toMatchObject({ stream: false });
  });

  it('streams unless it says otherwise, and may send what Ollama’s own program sends', async () => {
    const response = await pull({ model: 'qwen3:8b', name: '', username: '', password: '' });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await response.text()).toBe(LINES.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });

  it('is known to the store by the key’s id alone: no header of its own goes there', async () => {
    await fetch(`${gateway.url}/api/pull`, {
      method: 'POST',
      headers: {
        'x-api-key': gateway.key,
        origin: 'https://chat',
        'x-own': 'own',
      },
      body: '{"model":"qwen3:8b"}',
    });
    expect(Object.keys(lastSeen().headers).toSorted()).toEqual(
      ['accept', 'authorization', 'connection', 'content-length', 'content-type', 'host'].toSorted(),
    );
    expect(lastSeen().headers.authorization).not.toContain(gateway.key);
  });

  it('does not say where a model comes from, nor what it is like', async () => {
    for (const more of [{ source: 'oss://other/x.gguf' }, { template: 'x' }, { username: 'me' }]) {
      const response = await pull({ model: 'qwen3:8b', ...more });
      expect(response.status).toBe(400);
      expect(ErrorAnswer.parse(await response.json()).error).toContain(Object.keys(more)[0]);
    }
    expect((await pull({})).status).toBe(400);
    expect(fake.requests).toEqual([]);
  });

  it.each(['push', 'create', 'copy', 'delete', 'blobs/sha256:00'])('still may not %s', async (path) => {
    expect((await callApi(gateway, path, { model: 'qwen3:8b' })).status).toBe(403);
  });
});

describe('a pull that fails', () => {
  it('within its stream is told in the last line, as the store says it', async () => {
    fake.pullLines = () => [LINES[0]!, { error: 'pull model manifest: file does not exist' }];
    const progress = await client.pull({ model: 'none', stream: true });
    expect(await thrownBy(gather(progress))).toMatchObject({
      message: 'pull model manifest: file does not exist',
    });
  });

  it.each<[string, Fault, number, RegExp]>([
    ['is refused', (r) => json(r, { error: 'invalid model name' }, 400), 400, /^invalid model name$/],
    [
      'is not let in',
      (r) => json(r, { error: 'The operator lets in others.' }, 403),
      403,
      /^The operator lets/,
    ],
    ['meets another job', (r) => json(r, { error: 'is being removed' }, 409), 409, /^is being removed$/],
    ['fails at once', (r) => json(r, { error: 'no space left' }, 500), 502, /^no space left$/],
    [
      'shows a secret that is not known there',
      (r) => json(r, { error: 'secret' }, 401),
      502,
      /cannot be used/,
    ],
    [
      'is refused by the platform',
      (r) => json(r, { Code: 'x', Message: 'fcapp.run' }, 403),
      502,
      /cannot be used/,
    ],
    ['comes when the store is busy', (r) => r.writeHead(429).end('{}'), 503, /busy/],
    ['is cut off', (r) => r.destroy(), 502, /cannot be reached/],
  ])('since it %s is told with the right status', async (_, fault, status, words) => {
    fake.faults.set('POST /api/pull', [fault, fault]); // a connection that broke at once may have been a stale one
    const error = await thrownBy(client.pull({ model: 'qwen3:8b' }));
    expect(error).toMatchObject({ status_code: status, error: expect.stringMatching(words) });
  });

  it('since its stream breaks off is told in a line of its own', async () => {
    next((response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write(`${JSON.stringify(LINES[0])}\n{"status":"pul`, () => response.destroy());
    });
    const lines = (await (await pull({ model: 'qwen3:8b' })).text()).split('\n');
    expect(lines.at(-1)).toBe('');
    expect(lines.slice(0, 2)).toEqual([JSON.stringify(LINES[0]), '{"status":"pul']);
    expect(JSON.parse(lines[2]!)).toEqual({ error: expect.stringContaining('was lost') });
  });
});

it('who hangs up ends the request to the store', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
  next((response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(`${JSON.stringify(LINES[0])}\n`);
    resolve(response);
  });
  const caller = new AbortController();
  const response = await pull({ model: 'qwen3:8b' }, caller.signal);
  const upstream = await asked;
  await response.body!.getReader().read();
  const closed = once(upstream, 'close');
  caller.abort();
  await closed;
  expect(upstream.writableFinished).toBe(false);
});

it('a caller that does not read holds the store back, and then has every byte', async () => {
  const line = `${JSON.stringify({ status: 'x'.repeat(65_536) })}\n`;
  const COUNT = 400;
  let isHeldBack = false;
  next((response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    let left = COUNT;
    const write = () => {
      for (; left > 0; left -= 1) {
        if (response.write(line)) continue;
        isHeldBack = true;
        left -= 1;
        response.once('drain', write);
        return;
      }
      response.end();
    };
    write();
  });
  const text = await (await pull({ model: 'qwen3:8b' })).text();
  expect(isHeldBack).toBe(true);
  expect(text.length).toBe(line.length * COUNT);
});

describe('no one else pulls', () => {
  it('a key without the right is told why', async () => {
    const other = await aKey(gateway.database, gateway.pepper);
    const error = await thrownBy(
      new Ollama({ host: `${gateway.url}/k/${other}` }).pull({ model: 'qwen3:8b' }),
    );
    expect(error).toMatchObject({ status_code: 403, error: expect.stringContaining('may not pull models') });
    expect(fake.requests).toEqual([]);
  });

  it('where there is no store, that is said', async () => {
    const bare = await aGateway({ environment: { router: { MODEL_PULL_URL: '' } } });
    await bare.database.write((db) => db.update(keys).set({ rights: ['pull'] }));
    const response = await callApi(bare, 'pull', { model: 'qwen3:8b' });
    expect(response.status).toBe(404);
    expect(ErrorAnswer.parse(await response.json()).error).toContain('no store of models');
  });
});

it('no log line tells the secret', () => {
  expect(gateway.log.join('\n')).not.toContain(SECRET);
  expect(gateway.log.some((line) => line.includes('"upstream":"model-pull"'))).toBe(true);
});
