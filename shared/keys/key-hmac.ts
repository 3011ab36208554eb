import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/**
 * What is stored of a key: HMAC-SHA-256 of the whole token with the pepper.
 *
 * A fast hash is enough for 190 random bits, and who steals the table cannot even test a guess without
 * the pepper. Of the whole token, since a hash of a part of it would let many tokens pass as one.
 *
 * @param pepper as text, or as a key object where it is used again and again
 */
export const keyHmac = (token: string, pepper: string | KeyObject): Buffer =>
  createHmac('sha256', pepper).update(token).digest();

export const hmacMatches = (stored: Uint8Array, given: Buffer): boolean =>
  stored.length === given.length && timingSafeEqual(stored, given);
