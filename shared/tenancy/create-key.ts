import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { keys } from '../db/schema.ts';
import { keyHmac } from '../keys/key-hmac.ts';
import { newKeyToken } from '../keys/key-token.ts';
import { readConsumer } from './consumer.ts';
import { Expiry } from './expiry.ts';
import { Id, ModelNames, Name, Rights } from './fields.ts';
import { unknownModels } from './grants.ts';
import { type Key, readKey } from './key.ts';
import { keyRights } from './key-rights.ts';
import type { Limit } from './limit.ts';
import { LimitWish } from './limit-wish.ts';
import { lockTree } from './lock-tree.ts';
import { Networks } from './networks.ts';
import { Refusal } from './refusal.ts';
import { writeLimits } from './set-limits.ts';

export const NewKey = z.strictObject({
  consumerId: Id,
  name: Name,
  /** Absent: all that the consumer may use. */
  models: ModelNames.optional(),
  /** Absent: never. */
  expiry: Expiry.optional(),
  /** Absent: any address. */
  cidrs: Networks.optional(),
  /** Absent: none. */
  rights: Rights.optional(),
  limits: z.array(LimitWish).default([]),
});
export type NewKey = z.infer<typeof NewKey>;

interface Created {
  key: Key;
  /** In this result and nowhere else: it cannot be shown again. */
  token: string;
  limits: Limit[];
  unknownModels: string[];
}

/** Makes a key for a consumer, with no more rights than it has. @throws Refusal */
export function createKeyFor(db: Drizzle, pepper: string, wish: NewKey): Promise<Created> {
  return db.transaction(async (tx) => {
    await lockTree(tx, wish.consumerId);
    const consumer = await readConsumer(tx, wish.consumerId);
    if (consumer.status === 'retired')
      throw new Refusal(
        'wrong_state',
        `Consumer '${consumer.name}' (${consumer.id}) is retired: it gets no keys.`,
      );
    const rights = await keyRights(tx, consumer.id, wish);
    const { token, publicId, prefix } = newKeyToken();
    const [row] = await tx
      .insert(keys)
      .values({
        publicId,
        prefix,
        hmac: keyHmac(token, pepper),
        consumerId: consumer.id,
        name: wish.name,
        ...rights,
      })
      .returning({ id: keys.id });
    const { limits } = await writeLimits(tx, { kind: 'key', id: row!.id }, { limits: wish.limits });
    return {
      key: await readKey(tx, row!.id),
      token,
      limits,
      unknownModels: await unknownModels(tx, wish.models ?? []),
    };
  });
}
