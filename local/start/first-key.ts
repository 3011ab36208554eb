import { sql } from 'drizzle-orm';
import type { Drizzle } from '#shared/db/database.ts';
import { consumers, keys, keyTokens } from '#shared/db/schema.ts';
import { storeKey } from '#shared/keys/create-key.ts';
import { publicIdOf } from '#shared/keys/key-token.ts';

/** Sees to it that the first consumer and its key are in the database; what is there is left as it is. */
export async function ensureFirstKey(db: Drizzle, token: string, pepper: string): Promise<void> {
  const publicId = publicIdOf(token)!;
  await db.transaction(async (tx) => {
    await tx.execute(sql`lock table ${keys} in share row exclusive mode`);
    // Among all tokens, since a key whose token was replaced must not come back as another key.
    const known = await tx.$count(keyTokens, sql`${keyTokens.publicId} = ${publicId}`);
    if (known > 0) return;
    const [consumer] = await tx.insert(consumers).values(FIRST_CONSUMER).returning({ id: consumers.id });
    const key = { consumerId: consumer!.id, name: 'first key' };
    await storeKey(tx, pepper, { token, publicId, prefix: `sk-${publicId}` }, key);
  });
}

/** Root and path are set by the table's trigger; the columns only want a value. */
const FIRST_CONSUMER = { name: 'local', rootId: 0, path: [], depth: 0 };
