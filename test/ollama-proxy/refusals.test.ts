import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signCredential } from '#shared/credential/sign-credential.ts';
import { SECRET } from './signed-call.ts';
import { aLastingStage, aRunningStage, type Stage } from './stage.ts';

const demand = { audience: 'ollama-proxy', subject: 'router', method: 'POST', path: '/api/chat' } as const;
const BODY = JSON.stringify({ model: 'tiny', messages: [], stream: false });

let stage: Stage;
let before: string[];
beforeAll(async () => {
  stage = await aLastingStage({ BODY_LIMIT_BYTES: '1000' });
});
beforeEach(async () => {
  before = await reached();
});

const show = (credential: string, init: RequestInit = {}, path = '/api/chat') =>
  fetch(stage.url + path, {
    method: 'POST',
    body: BODY,
    headers: { authorization: `Bearer ${credential}` },
    ...init,
  });

/** Of what reached Ollama, that which the proxy did not ask for itself. */
const reached = async () =>
  (await stage.seen()).requests
    .filter(({ path }) => !['/', '/api/ps'].includes(path))
    .map(({ path }) => path);

describe('a caller without a credential of this very request', () => {
  it.each([
    ['none', async () => ''],
    ['the secret itself', async () => SECRET],
    ['one that has expired', () => signCredential(SECRET, demand, Date.now() - 700_000)],
    ['one of the future', () => signCredential(SECRET, demand, Date.now() + 120_000)],
    ['one for another function', () => signCredential(SECRET, { ...demand, audience: 'model-pull' })],
    ['one of another path', () => signCredential(SECRET, { ...demand, path: '/api/tags' })],
    ['one of another method', () => signCredential(SECRET, { ...demand, method: 'GET' })],
    ['one by another secret', () => signCredential(`${SECRET}!`, demand)],
  ])('is refused: %s', async (_, credential) => {
    const answer = await show(await credential());
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ error: 'This function answers to the gateway alone.' });
    expect(await reached()).toEqual(before);
  });

  it('is refused the second time that it shows a good one', async () => {
    const credential = await signCredential(SECRET, demand);
    expect((await show(credential)).status).toBe(200);
    expect((await show(credential)).status).toBe(401);
  });

  it('is told whether the proxy is alive and ready, and nothing else', async () => {
    const token = 'a token that only the Prometheus here knows';
    const stage = await aRunningStage({ METRICS_TOKEN: token });
    const statusOf = async (path: string, headers = {}) =>
      (await fetch(stage.url + path, { headers })).status;
    expect(await statusOf('/healthz')).toBe(200);
    expect(await statusOf('/readyz')).toBe(200);
    for (const path of ['/', '/metrics', '/api/tags', '/anything']) expect(await statusOf(path)).toBe(401);
    const authorization = `Bearer ${token}`;
    expect(await statusOf('/metrics', { authorization })).toBe(200);
    expect(await statusOf('/api/tags', { authorization })).toBe(401);
  });
});

describe('what is not served', () => {
  it.each([
    ['POST', '/api/pull'],
    ['POST', '/api/push'],
    ['POST', '/api/create'],
    ['POST', '/api/copy'],
    ['DELETE', '/api/delete'],
    ['POST', '/api/blobs/sha256:00'],
    ['POST', '/api/me'],
    ['POST', '/api/embeddings'],
    ['POST', '/v1/chat/completions'],
    ['GET', '/v1/models'],
    ['GET', '/api/chat'],
    ['HEAD', '/api/tags'],
    ['POST', '/api/chat/'],
    ['POST', '/API/chat'],
    ['POST', '//api/chat'],
    ['GET', '/debug/pprof'],
  ])('never reaches Ollama: %s %s', async (method, path) => {
    const body = method === 'POST' ? { model: 'tiny' } : undefined;
    const answer = await stage.call(path, body, { method });
    expect(answer.status).toBe(404);
    if (method !== 'HEAD')
      expect(await answer.json()).toEqual({ error: expect.stringContaining('There is no') });
    expect(await reached()).toEqual(before);
  });

  it.each([
    ['a model of the cloud', '{"model":"gpt-oss:120b-cloud"}'],
    ['a model of the cloud, in capitals', '{"model":"gpt-oss:CLOUD"}'],
    ['a model of the cloud, said to be local', '{"model":"gpt-oss:cloud:local"}'],
    ['a model of the cloud after a harmless one', '{"model":"tiny","model":"gpt-oss:cloud"}'],
    ['a model of the cloud, as Go reads it', '{"model":"tiny","MODEL":"gpt-oss:cloud"}'],
    ['a name beside the model', '{"model":"tiny","name":"gpt-oss:cloud"}'],
    ['a prompt shown instead of answered', '{"model":"tiny","_debug_render_only":true}'],
    ['the same, as Go reads it', '{"model":"tiny","_Debug_Render_Only":true}'],
    ['no model', '{"messages":[]}'],
    ['a model that is no text', '{"model":["tiny"]}'],
    ['a path for a name', '{"model":"../../etc/passwd"}'],
    ['no JSON', 'hello'],
    ['no body', ''],
  ])("is refused with Ollama's form of an error: %s", async (_, body) => {
    for (const path of ['/api/chat', '/api/generate', '/api/embed', '/api/show']) {
      const answer = await stage.call(path, {}, { method: 'POST', body });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toEqual({ error: expect.any(String) });
    }
    expect(await reached()).toEqual(before);
  });

  it('is a body that is too long', async () => {
    expect((await stage.chat({ padding: 'x'.repeat(1_000) })).status).toBe(413);
  });
});
