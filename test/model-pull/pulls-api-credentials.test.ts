import { afterAll, describe, expect, it } from 'vitest';
import { type Audience, LIFE_SECONDS, signCredential } from '#shared/credential/sign-credential.ts';
import { newJobId } from '#shared/model-jobs/job.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { published, pulled } from '../helpers/pulls.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const pull = await aModelPull({ registry });
const model = `${registry.host}/${registry.addModel('tiny', aTinyModel()).name}`;
const next = `${registry.host}/${registry.addModel('next', aTinyModel()).name}`;
await pulled(pull, { model });
const before = await published(pull.store);
const asked = registry.requests.length;

/** Every path, with a body that would do something. */
const PATHS: [string, string, object?][] = [
  ['POST', '/api/pull', { model: next }],
  ['GET', '/api/tags'],
  ['POST', '/api/show', { model }],
  ['DELETE', '/api/delete', { model }],
  ['POST', '/api/create', { model: 'mine', from: model, system: 'x' }],
  ['POST', '/pulls', { model: next }],
  ['GET', '/pulls'],
  ['GET', `/pulls/${newJobId()}`],
  ['POST', `/pulls/${newJobId()}/run`],
  ['POST', `/pulls/${newJobId()}/stop`],
  ['POST', `/pulls/${newJobId()}/retry`],
  ['POST', '/gc', { grace_ms: 0 }],
  ['POST', '/mirror', { model }],
  ['GET', '/nothing'],
];

/** Longer than it lives, with all that clocks may differ. */
const LONG_MS = (LIFE_SECONDS['model-pull'] + 60) * 1000;

interface Shown {
  secret?: string;
  audience?: string;
  method?: string;
  path?: string;
  atMs?: number;
}
const credential = async (right: { method: string; path: string }, wrong: Shown) => {
  const { secret, atMs, ...demand } = { secret: pull.secret, audience: 'model-pull', ...right, ...wrong };
  const signed = { ...demand, audience: demand.audience as Audience, subject: 'test' };
  return `Bearer ${await signCredential(secret, signed, atMs)}`;
};
const send = (method: string, path: string, body: object | undefined, authorization: string | undefined) =>
  fetch(pull.url + path, {
    method,
    headers: authorization === undefined ? {} : { authorization },
    ...(body && { body: JSON.stringify(body) }),
  });

describe('without a credential of exactly this request', () => {
  it.each<[string, Shown]>([
    ['of another secret', { secret: 'x'.repeat(64) }],
    ['for another function', { audience: 'ollama-proxy' }],
    ['for another path', { path: '/api/version' }],
    ['for another method', { method: 'PUT' }],
    ['that has expired', { atMs: Date.now() - LONG_MS }],
    ['that is not yet good', { atMs: Date.now() + LONG_MS }],
  ])('(one %s) nothing is answered and nothing done', async (_, wrong) => {
    for (const [method, path, body] of PATHS) {
      const response = await send(method, path, body, await credential({ method, path }, wrong));
      expect(response.status, `${method} ${path}`).toBe(401);
      const { error } = (await response.json()) as { error: unknown };
      const words = 'This function answers to the gateway alone.';
      if (path.startsWith('/api/')) expect(error).toBe(words);
      else expect(error).toMatchObject({ code: 'invalid_api_key', message: words });
    }
  });

  it('(one for a path with escapes is good) what is not there is not found', async () => {
    const path = '/pulls/job%201';
    const response = await send('GET', path, undefined, await credential({ method: 'GET', path }, {}));
    expect(response.status).toBe(404);
  });

  it.each([undefined, '', 'Bearer', 'Bearer x.y.z', 'Basic dTpw', `Bearer ${'a'.repeat(10_000)}`])(
    '(header no. %#) nothing is answered and nothing done',
    async (authorization) => {
      for (const [method, path, body] of PATHS) {
        expect((await send(method, path, body, authorization)).status).toBe(401);
      }
    },
  );

  it('what was sent once is not done again; what only reads may be repeated', async () => {
    const body = { model, system: 'once' };
    const shown = await credential({ method: 'POST', path: '/api/show' }, {});
    expect((await send('POST', '/api/show', body, shown)).status).toBe(200);
    expect((await send('POST', '/api/show', body, shown)).status).toBe(401);
    expect((await send('POST', '/api/show', { model: next }, shown)).status).toBe(401);
    const reads = await credential({ method: 'GET', path: '/api/tags' }, {});
    for (const _ of [1, 2]) expect((await send('GET', '/api/tags', undefined, reads)).status).toBe(200);
  });
});

it('after all of that the store is as it was, no job was opened, and no registry asked', async () => {
  expect(await published(pull.store)).toEqual(before);
  expect(registry.requests).toHaveLength(asked);
  const { pulls } = (await (await pull.ask('GET', '/pulls')).json()) as { pulls: object[] };
  expect(pulls).toHaveLength(1);
});
