import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(10 * 128);
let next = pool.length;

/**
 * A new request id: `req_` and the 32 hex digits of a UUIDv7 (RFC 9562 section 5.7), so that ids sort
 * by time in the ledger. Random bytes are drawn 128 ids at a time: one system call for many.
 */
export function newRequestId(nowMs = Date.now()): string {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  const random = pool.toString('hex', next, next + 10);
  next += 10;
  const variant = '89ab'[Number.parseInt(random[3]!, 16) & 3]!;
  return `req_${nowMs.toString(16).padStart(12, '0')}7${random.slice(0, 3)}${variant}${random.slice(4, 19)}`;
}
