import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PUBLIC_ID_LENGTH = 12;
const SECRET_LENGTH = 32; // 32 × log2(62) = 190 bits
const CHECKSUM_LENGTH = 6; // 62^6 > 2^32
const FORM = new RegExp(
  `^sk-([0-9A-Za-z]{${PUBLIC_ID_LENGTH}})-[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`,
);

/** The token of a key: `sk-<public id>-<secret><checksum>`. No comma: LobeChat splits keys there. */
export interface KeyToken {
  token: string;
  publicId: string;
  /** What may be shown later so that a person knows the key again. */
  prefix: string;
}

export function newKeyToken(): KeyToken {
  const publicId = randomText(PUBLIC_ID_LENGTH);
  const body = `sk-${publicId}-${randomText(SECRET_LENGTH)}`;
  return { token: body + checksum(body), publicId, prefix: `sk-${publicId}` };
}

/** The token's public id, or undefined when form or checksum is wrong: then no database needs to be asked. */
export function publicIdOf(token: string): string | undefined {
  const publicId = FORM.exec(token)?.[1];
  if (publicId === undefined) return undefined;
  const body = token.slice(0, -CHECKSUM_LENGTH);
  return checksum(body) === token.slice(-CHECKSUM_LENGTH) ? publicId : undefined;
}

/** Lets scanners tell a leaked key from a look-alike, and us refuse a mistyped one; it guards nothing. */
function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit += 1) {
    text = ALPHABET[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** Uniform: bytes that would favour the first letters of the alphabet are thrown away. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}
