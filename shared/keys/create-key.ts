import type { Drizzle } from '../db/database.ts';
import { keys } from '../db/schema.ts';
import { keyHmac } from './key-hmac.ts';
import { type KeyToken, newKeyToken } from './key-token.ts';

interface NewKey {
  consumerId: number;
  name: string;
  /** Absent: all models that the consumer may use. */
  models?: string[];
  expiresAt?: Date;
}

/** Makes a key. The token is in the result and nowhere else: it cannot be shown again. */
export async function createKey(db: Drizzle, pepper: string, key: NewKey): Promise<KeyToken> {
  const created = newKeyToken();
  await storeKey(db, pepper, created, key);
  return created;
}

/** Stores a token that exists already; one that is stored is left as it is. */
export async function storeKey(
  db: Drizzle,
  pepper: string,
  { token, publicId, prefix }: KeyToken,
  key: NewKey,
) {
  await db
    .insert(keys)
    .values({ publicId, prefix, hmac: keyHmac(token, pepper), ...key })
    .onConflictDoNothing({ target: keys.publicId });
}
