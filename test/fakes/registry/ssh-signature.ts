import { createHash, createPublicKey, verify } from 'node:crypto';

const KEY_TYPE = 'ssh-ed25519';
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** What a client of this registry signs for a request without a body (reference: ollama/server/auth.go). */
export const signedText = (method: string, url: string): Buffer => {
  const hashOfNothing = createHash('sha256').update('').digest('hex');
  return Buffer.from(`${method},${url},${Buffer.from(hashOfNothing).toString('base64')}`);
};

/**
 * Whether `Authorization: <public key>:<signature>` is true of a request, both in base64.
 *
 * @returns the public key as it was given, or what is wrong.
 */
export function verifiedKey(header: string, text: Buffer): { key: string } | { problem: string } {
  const [key = '', signature = '', ...rest] = header.split(':');
  if (rest.length > 0 || !isBase64(key) || !isBase64(signature)) return { problem: 'not <key>:<signature>' };
  const x = ed25519Of(Buffer.from(key, 'base64'));
  if (!x) return { problem: 'no ssh-ed25519 key' };
  const bytes = Buffer.from(signature, 'base64');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const isTrue = bytes.length === SIGNATURE_BYTES && verify(null, text, publicKey, bytes);
  return isTrue ? { key } : { problem: 'the signature does not match' };
}

/** The key out of its SSH wire form (RFC 8709, section 4), as base64url. */
function ed25519Of(wire: Buffer): string | undefined {
  const head = Buffer.concat([lengthOf(KEY_TYPE.length), Buffer.from(KEY_TYPE), lengthOf(KEY_BYTES)]);
  if (wire.length !== head.length + KEY_BYTES || !wire.subarray(0, head.length).equals(head))
    return undefined;
  return wire.subarray(head.length).toString('base64url');
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes);
  return length;
}

const isBase64 = (text: string) => /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0;
