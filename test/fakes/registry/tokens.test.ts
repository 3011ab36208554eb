import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aTinyModel } from './a-model.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { WRONG_REALMS } from './forbidden-addresses.ts';
import type { Access, AddedModel } from './shelf.ts';
import { aKey, got, head, OLLAMA, tokenUrl } from './test-client.ts';

let registry: FakeRegistry;
let model: AddedModel;
beforeEach(async () => {
  registry = await startFakeRegistry();
  model = registry.addModel('acme/private', aTinyModel(), { access: {} });
});
afterEach(() => registry.stop());

const key = aKey();
const manifest = (headers: Record<string, string> = {}) =>
  got(`${registry.origin}/v2/acme/private/manifests/latest`, { ...OLLAMA, ...headers });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const challenge = async () => (await manifest()).headers['www-authenticate'] ?? '';

/** Asks for a token, honestly but for what is changed. */
async function asked(
  changes: { url?: (url: string) => string; query?: Record<string, string>; header?: string } = {},
) {
  const right = tokenUrl(await challenge(), changes.query);
  const url = changes.url?.(right) ?? right;
  return got(url, { authorization: changes.header ?? `${key.wire}:${key.sign(right)}` });
}
const tokenOf = ({ body }: { body: Buffer }) => (JSON.parse(String(body)) as { token: string }).token;
const problemOf = ({ body }: { body: Buffer }) =>
  (JSON.parse(String(body)) as { errors: { message: string }[] }).errors[0]?.message;

it('whoever has no token is sent to get one', async () => {
  const { status, headers, body } = await manifest();
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toBe(
    `Bearer realm="${registry.origin}/token",service="${registry.host}",scope="repository:acme/private:pull"`,
  );
  expect(JSON.parse(String(body))).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
  expect((await manifest(bearer('guess'))).status).toBe(401);
});

it('a token opens the manifest and the blobs, and the CDN needs none', async () => {
  const token = tokenOf(await asked());
  expect((await manifest(bearer(token))).body).toEqual(model.manifest);
  const blob = `${registry.origin}/v2/acme/private/blobs/${model.digests[1]}`;
  expect((await head(blob)).status).toBe(401);
  expect((await got(blob)).status).toBe(401);
  expect((await head(blob, bearer(token))).status).toBe(200);
  const { status, headers } = await got(blob, bearer(token));
  expect(status).toBe(307);
  expect((await got(headers.location!)).status).toBe(200);
});

it('a token is for one repository', async () => {
  registry.addModel('acme/other', aTinyModel(), { access: {} });
  const token = tokenOf(await asked());
  const other = `${registry.origin}/v2/acme/other/manifests/latest`;
  expect((await got(other, { ...OLLAMA, ...bearer(token) })).status).toBe(401);
});

describe('no token is given to a request with', () => {
  const other = aKey();
  it.each<[string, Parameters<typeof asked>[0], string]>([
    ['no signature', { header: '' }, 'not <key>:<signature>'],
    ['a scheme before it', { header: `Bearer ${key.wire}:${key.sign('x')}` }, 'not <key>:<signature>'],
    [
      'a signature of something else',
      { header: `${key.wire}:${key.sign('x')}` },
      'the signature does not match',
    ],
    ['a signature that is short', { header: `${key.wire}:AAAA` }, 'the signature does not match'],
    [
      'a key of another kind',
      { header: `${Buffer.from('ssh-rsa').toString('base64')}:AAAA` },
      'no ssh-ed25519 key',
    ],
    ['a changed address', { url: (url) => `${url}&x=1` }, 'the signature does not match'],
    ['an unsorted query', { url: (url) => `${url}&a=1` }, 'the query is not sorted'],
    ['another service', { query: { service: 'example.com' } }, 'no service of ours: example.com'],
    [
      'another scope',
      { query: { scope: 'repository:library/x:pull' } },
      'no scope of ours: repository:library/x:pull',
    ],
    [
      'a scope to write',
      { query: { scope: 'repository:acme/private:push' } },
      'no scope of ours: repository:acme/private:push',
    ],
    ['a time long ago', { query: { ts: '1000000000' } }, 'ts is not now'],
    ['no time', { query: { ts: '' } }, 'ts is not now'],
    ['a short nonce', { query: { nonce: 'abc' } }, 'no nonce of 16 bytes'],
    ['padding on its nonce', { query: { nonce: 'AAAAAAAAAAAAAAAAAAAAAA==' } }, 'no nonce of 16 bytes'],
  ])('%s', async (_, changes, problem) => {
    const answer = await asked(changes);
    expect([answer.status, problemOf(answer)]).toEqual([401, problem]);
  });

  it("someone else's key", async () => {
    const url = tokenUrl(await challenge());
    const answer = await got(url, { authorization: `${other.wire}:${key.sign(url)}` });
    expect([answer.status, problemOf(answer)]).toEqual([401, 'the signature does not match']);
  });

  it('a nonce that was used before', async () => {
    const nonce = 'AAAAAAAAAAAAAAAAAAAAAA';
    expect((await asked({ query: { nonce } })).status).toBe(200);
    expect(problemOf(await asked({ query: { nonce } }))).toBe('the nonce was used before');
  });

  it('a key that is not registered', async () => {
    registry.addModel('acme/private', aTinyModel(), { access: { keys: [other.wire] } });
    expect(problemOf(await asked())).toBe('this key is not registered');
    registry.addModel('acme/private', aTinyModel(), { access: { keys: [other.wire, key.wire] } });
    expect((await asked()).status).toBe(200);
  });
});

it('tokens can be made to expire', async () => {
  const token = tokenOf(await asked());
  expect((await manifest(bearer(token))).status).toBe(200);
  registry.expireTokens();
  expect((await manifest(bearer(token))).status).toBe(401);
  expect((await manifest(bearer(tokenOf(await asked())))).status).toBe(200);
});

it('tokens can be good for so many requests', async () => {
  const brief = await startFakeRegistry({ tokenUses: 2 });
  try {
    brief.addModel('private', aTinyModel(), { access: {} });
    const url = `${brief.origin}/v2/library/private/manifests/latest`;
    const ask = tokenUrl((await got(url, OLLAMA)).headers['www-authenticate']!);
    const token = tokenOf(await got(ask, { authorization: `${key.wire}:${key.sign(ask)}` }));
    const statuses = [];
    for (let at = 0; at < 3; at += 1) statuses.push((await got(url, { ...OLLAMA, ...bearer(token) })).status);
    expect(statuses).toEqual([200, 200, 401]);
  } finally {
    await brief.stop();
  }
});

describe('the challenge can send a client', () => {
  const challengeOf = async (access: Access) => {
    registry.addModel('acme/private', aTinyModel(), { access });
    return (await manifest()).headers['www-authenticate'];
  };
  it.each(Object.entries(WRONG_REALMS))('to %s', async (_, realm) => {
    expect(await challengeOf({ realm })).toMatch(`Bearer realm="${realm}",service=`);
  });
  it('for another kind of credential', async () => {
    expect(await challengeOf({ challenge: 'Basic realm="registry"' })).toBe('Basic realm="registry"');
  });
  it('nowhere', async () => {
    expect(await challengeOf({ challenge: '' })).toBeUndefined();
  });
});
