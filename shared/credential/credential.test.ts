import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { CredentialCheck } from './check-credential.ts';
import { type Demand, LIFE_SECONDS, signCredential } from './sign-credential.ts';

const SECRET = 'one secret of thirty-two characters';
const NOW_MS = Date.UTC(2026, 10, 22);
const LIFE_MS = LIFE_SECONDS['model-pull'] * 1000;
const SKEW_MS = 30_000;
const DEMAND: Demand = { audience: 'model-pull', subject: 'key 7', method: 'POST', path: '/pulls' };

const aCheck = () => new CredentialCheck(SECRET, 'model-pull');
const shown = async (rest: Partial<Demand> = {}, atMs = NOW_MS, secret = SECRET) => ({
  authorization: `Bearer ${await signCredential(secret, { ...DEMAND, ...rest }, atMs)}`,
  method: 'POST',
  path: '/pulls',
});
const REFUSED = { failure: 'invalid_api_key' };

describe('a credential', () => {
  it('says who asks', async () => {
    expect(await aCheck().subject(await shown(), NOW_MS)).toBe('key 7');
  });

  it.each<[string, Partial<Demand>]>([
    ['another function', { audience: 'ollama-proxy' }],
    ['another method', { method: 'DELETE' }],
    ['another path', { path: '/gc' }],
  ])('for %s is worth nothing', async (_, rest) => {
    await expect(aCheck().subject(await shown(rest), NOW_MS)).rejects.toMatchObject(REFUSED);
  });

  it('of another secret is worth nothing', async () => {
    const other = await shown({}, NOW_MS, `${SECRET}!`);
    await expect(aCheck().subject(other, NOW_MS)).rejects.toMatchObject(REFUSED);
  });

  it('is signed with the first of several secrets, and let in by whoever has it among its own', async () => {
    const [older, newer] = ['o'.repeat(32), 'n'.repeat(32)];
    const asked = async (signer: string, checker: string) =>
      new CredentialCheck(checker, 'model-pull').subject(await shown({}, NOW_MS, signer), NOW_MS);
    const both = `${newer},${older}`;
    expect(await asked(older, both)).toBe('key 7');
    expect(await asked(newer, both)).toBe('key 7');
    expect(await asked(both, newer)).toBe('key 7');
    await expect(asked(both, older)).rejects.toMatchObject(REFUSED);
    await expect(asked('x'.repeat(32), both)).rejects.toMatchObject(REFUSED);
  });

  it('lets a change through once, whichever of several secrets signed it', async () => {
    const check = new CredentialCheck(`${'n'.repeat(32)},${SECRET}`, 'model-pull');
    const change = await shown();
    await check.subject(change, NOW_MS);
    await expect(check.subject(change, NOW_MS)).rejects.toMatchObject(REFUSED);
  });

  it.each([
    ['is good while clocks are apart as far as they may be', LIFE_MS + SKEW_MS - 1_000, true],
    ['is over after its life', LIFE_MS + SKEW_MS + 2_000, false],
    ['is good where our clock is a little behind', -SKEW_MS + 1_000, true],
    ['is none of a far future', -SKEW_MS - 2_000, false],
  ])('%s', async (_, laterMs, isGood) => {
    const asked = aCheck().subject(await shown(), NOW_MS + laterMs);
    if (isGood) expect(await asked).toBe('key 7');
    else await expect(asked).rejects.toMatchObject(REFUSED);
  });

  it('lets a change through once, and what only reads as often as it is repeated', async () => {
    const check = aCheck();
    const change = await shown();
    await check.subject(change, NOW_MS);
    await expect(check.subject(change, NOW_MS + LIFE_MS)).rejects.toMatchObject(REFUSED);
    expect(await check.subject(await shown(), NOW_MS)).toBe('key 7');
    const read = { ...(await shown({ method: 'GET' })), method: 'GET' };
    expect(await check.subject(read, NOW_MS)).toBe('key 7');
    expect(await check.subject(read, NOW_MS)).toBe('key 7');
  });

  it('that lasts is good for days and as often as it is delivered, for its request alone', async () => {
    const check = aCheck();
    const lasting = await shown({ isLasting: true });
    const twoDaysLater = NOW_MS + 48 * 3600 * 1000;
    expect(await check.subject(lasting, NOW_MS)).toBe('key 7');
    expect(await check.subject(lasting, twoDaysLater)).toBe('key 7');
    await expect(check.subject({ ...lasting, path: '/gc' }, NOW_MS)).rejects.toMatchObject(REFUSED);
    await expect(check.subject(lasting, twoDaysLater + 24 * 3600 * 1000)).rejects.toMatchObject(REFUSED);
  });

  it('that lives longer than it should is refused, whoever signed it', async () => {
    const claims = { htm: 'POST', htu: '/pulls', jti: 'x', sub: 'key 7', iss: 'sublet', aud: 'model-pull' };
    const token = await new SignJWT({ ...claims, iat: NOW_MS / 1000, exp: NOW_MS / 1000 + LIFE_MS })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    const asked = aCheck().subject(
      { authorization: `Bearer ${token}`, method: 'POST', path: '/pulls' },
      NOW_MS,
    );
    await expect(asked).rejects.toMatchObject(REFUSED);
  });

  it('that never ends is refused, and so is one without a signature', async () => {
    const claims = { htm: 'POST', htu: '/pulls', jti: 'x', sub: 'key 7', iss: 'sublet', aud: 'model-pull' };
    const endless = await new SignJWT({ ...claims, iat: NOW_MS / 1000 })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    const unsigned = new UnsecuredJWT({
      ...claims,
      iat: NOW_MS / 1000,
      exp: (NOW_MS + LIFE_MS) / 1000,
    }).encode();
    for (const token of [endless, unsigned, '', 'a.b.c']) {
      const asked = aCheck().subject(
        { authorization: `Bearer ${token}`, method: 'POST', path: '/pulls' },
        NOW_MS,
      );
      await expect(asked).rejects.toMatchObject(REFUSED);
    }
    for (const authorization of [undefined, '', SECRET, `Basic ${SECRET}`]) {
      const asked = aCheck().subject({ authorization, method: 'POST', path: '/pulls' }, NOW_MS);
      await expect(asked).rejects.toMatchObject(REFUSED);
    }
  });
});
