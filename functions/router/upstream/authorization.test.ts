import { expect, it } from 'vitest';
import { CredentialCheck } from '#shared/credential/check-credential.ts';
import { anUpstream } from '#shared/fixtures/routes.ts';
import { headersFor } from './header-rules.ts';

const SECRET = 'a secret of at least 32 characters';
const signed = { kind: 'signed', secret: SECRET } as const;
const request = { method: 'GET', url: new URL('http://u/api/tags?x=1'), accept: 'application/json' };

it('a signed credential is of one request, and another each time', async () => {
  const upstream = anUpstream({ credential: signed });
  const check = new CredentialCheck(SECRET, 'ollama-proxy');
  const shown = await Promise.all([1, 2].map(() => headersFor(upstream, request)));
  expect(shown[0]!.authorization).not.toBe(shown[1]!.authorization);
  const { authorization } = shown[0]!;
  expect(await check.subject({ authorization, method: 'GET', path: '/api/tags' })).toBe('router');
  const elsewhere = { authorization, method: 'GET', path: '/api/ps' };
  await expect(check.subject(elsewhere)).rejects.toMatchObject({ failure: 'invalid_api_key' });
  await expect(new CredentialCheck(SECRET, 'model-pull').subject(elsewhere)).rejects.toThrow();
});

it('a signed credential goes by the rules of its upstream, too', async () => {
  const headers = { rename: { authorization: 'x-proxy' }, remove: [], set: {} };
  const shown = await headersFor(anUpstream({ credential: signed, headers }), request);
  expect(Object.keys(shown)).toEqual(['accept', 'x-proxy']);
});
