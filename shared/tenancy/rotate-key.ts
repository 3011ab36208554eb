import { eq, sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { keys } from '../db/schema.ts';
import { keyHmac } from '../keys/key-hmac.ts';
import { newKeyToken } from '../keys/key-token.ts';
import { lockedLiving } from './change-key.ts';
import { type Key, readKey } from './key.ts';
import { Refusal } from './refusal.ts';

interface Rotated {
  key: Key;
  /** In this result and nowhere else: it cannot be shown again. */
  token: string;
}

/**
 * Gives a key another token. It stays the same key, with its limits and what they have counted: a rotation is no
 * fresh quota. Tokens it had before work for `graceMs` more, older ones no longer than that either.
 *
 * @throws Refusal
 */
export function rotateKey(db: Drizzle, pepper: string, id: number, graceMs: number): Promise<Rotated> {
  return db.transaction(async (tx) => {
    const { name, expiresAt } = await lockedLiving(tx, id);
    const [{ over } = { over: false }] = await tx.execute<{ over: boolean }>(
      sql`select coalesce(${expiresAt}::timestamptz <= now(), false) as over`,
    );
    if (over)
      throw new Refusal('wrong_state', `Key '${name}' (${id}) has expired: give it another end first.`);
    await tx.execute(sql`
      update key_tokens
         set valid_until = least(valid_until, now() + ${graceMs} * interval '1 millisecond')
       where key_id = ${id} and coalesce(valid_until > now(), true)`);
    const { token, publicId, prefix } = newKeyToken();
    await tx
      .update(keys)
      .set({ publicId, prefix, hmac: keyHmac(token, pepper) })
      .where(eq(keys.id, id));
    return { key: await readKey(tx, id), token };
  });
}
