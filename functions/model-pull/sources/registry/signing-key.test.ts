import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import sshpk from 'sshpk';
import { describe, expect, it } from 'vitest';
import { SigningKey } from './signing-key.ts';

const URL_ASKED = new URL('https://r.example/token?nonce=n&scope=s&service=r&ts=1');
/** base64 of the hex of sha256 of nothing. */
const NOTHING = 'ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ==';

/** As a registry checks it, with the public key in the header alone. */
function isSigned(authorization: string): boolean {
  const [key, signature] = authorization.split(':').map((part) => Buffer.from(part, 'base64'));
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key!.subarray(-32).toString('base64url') };
  const text = Buffer.from(`GET,${URL_ASKED.href},${NOTHING}`);
  return verify(null, text, createPublicKey({ key: jwk, format: 'jwk' }), signature!);
}

describe('a key for registries', () => {
  it.each(['openssh', 'pkcs8'] as const)('may be in the form %s, and proves who we are', async (form) => {
    const pair = sshpk.generatePrivateKey('ed25519');
    const authorization = await new SigningKey(pair.toString(form)).authorizationFor(URL_ASKED);
    const [, middle] = pair.toPublic().toString('ssh').split(' ');
    expect(authorization.split(':')[0]).toBe(middle);
    expect(isSigned(authorization)).toBe(true);
  });

  it('may come in one line', async () => {
    const pem = sshpk.generatePrivateKey('ed25519').toString('pkcs8').replaceAll('\n', '\\n');
    expect(isSigned(await new SigningKey(pem).authorizationFor(URL_ASKED))).toBe(true);
  });

  it.each([undefined, ''])('is made where there is none but %j, and stays the same', async (none) => {
    const key = new SigningKey(none);
    const [one, two] = [await key.authorizationFor(URL_ASKED), await key.authorizationFor(URL_ASKED)];
    expect(one).toBe(two);
    expect(isSigned(one)).toBe(true);
  });

  it('of another kind is refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await expect(new SigningKey(pem).authorizationFor(URL_ASKED)).rejects.toThrow('not an ed25519 key');
  });
});
