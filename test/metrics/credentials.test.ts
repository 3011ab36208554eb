import { beforeAll, describe, expect, it } from 'vitest';
import { signCredential } from '#shared/credential/sign-credential.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aConsole, type TestConsole } from './a-console.ts';

let console: TestConsole;
beforeAll(async () => {
  console = await aConsole(await aDatabaseUrl());
});

const get = (path: string, authorization?: string) =>
  fetch(`${console.url}${path}`, { headers: authorization === undefined ? {} : { authorization } });

const signed = (audience: 'console' | 'model-pull', path: string, secret = console.secret) =>
  signCredential(secret, { audience, subject: 'operator', method: 'GET', path });

describe('/metrics', () => {
  it('is for the token', async () => {
    const reply = await get('/metrics', `Bearer ${console.token}`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('is for whoever has signed this request for the console', async () => {
    expect((await get('/metrics', `Bearer ${await signed('console', '/metrics')}`)).status).toBe(200);
  });

  it.each<[string, () => string | undefined | Promise<string>]>([
    ['nobody', () => undefined],
    ['an empty token', () => 'Bearer '],
    ['a token that is shorter', () => `Bearer ${console.token.slice(0, -1)}`],
    ['another token', () => `Bearer ${'0'.repeat(console.token.length)}`],
    ['the token without its scheme', () => console.token],
    ['a credential for another function', async () => `Bearer ${await signed('model-pull', '/metrics')}`],
    ['a credential for another path', async () => `Bearer ${await signed('console', '/')}`],
    [
      'a credential of another secret',
      async () => `Bearer ${await signed('console', '/metrics', 'x'.repeat(32))}`,
    ],
  ])('is not for %s', async (_, authorization) => {
    const reply = await get('/metrics', await authorization());
    expect(reply.status).toBe(401);
    expect(await reply.text()).not.toContain('gateway_');
  });
});

describe('what is not there', () => {
  it('is a secret of those who may come in', async () => {
    expect((await get('/consumers')).status).toBe(401);
    expect((await get('/consumers', `Bearer ${console.token}`)).status).toBe(401);
    expect((await get('/consumers', `Bearer ${await signed('console', '/consumers')}`)).status).toBe(404);
  });
});

describe('/healthz', () => {
  it('is for everybody, and says what is missing', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' });
    const empty = await aConsole(await aDatabaseUrl({ migrated: false }));
    const reply = await fetch(`${empty.url}/healthz`);
    expect(reply.status).toBe(503);
    expect(await reply.json()).toMatchObject({ reason: expect.stringContaining('migrations') });
  });
});

describe('a console whose database is away', () => {
  it('fails the scrape, so that Prometheus sees it down', async () => {
    const lonely = await aConsole('postgres://u:hush-hush@127.0.0.1:1/none');
    await expect(lonely.scrape()).rejects.toThrow(/^503 /);
    await expect(lonely.scrape()).rejects.not.toThrow('hush');
  });
});
