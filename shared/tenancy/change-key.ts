import { eq } from 'drizzle-orm';
import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { keys } from '../db/schema.ts';
import { Expiry } from './expiry.ts';
import { ModelNames, Name, Rights } from './fields.ts';
import { unknownModels } from './grants.ts';
import { type Key, readKey } from './key.ts';
import { keyRights } from './key-rights.ts';
import { lockTree } from './lock-tree.ts';
import { Networks } from './networks.ts';
import { Refusal } from './refusal.ts';

/** What is absent stays; null takes a bound away. */
export const KeyChange = z.strictObject({
  name: Name.optional(),
  models: ModelNames.nullish(),
  expiry: Expiry.nullish(),
  cidrs: Networks.nullish(),
  /** All that it shall have. */
  rights: Rights.optional(),
});
export type KeyChange = z.infer<typeof KeyChange>;

interface Changed {
  key: Key;
  unknownModels: string[];
}

/** @throws Refusal */
export function changeKey(db: Drizzle, id: number, change: KeyChange): Promise<Changed> {
  return db.transaction(async (tx) => {
    const { consumer } = await lockedLiving(tx, id);
    const { name } = change;
    const values = { ...(name !== undefined && { name }), ...(await keyRights(tx, consumer.id, change)) };
    if (Object.keys(values).length > 0) await tx.update(keys).set(values).where(eq(keys.id, id));
    return { key: await readKey(tx, id), unknownModels: await unknownModels(tx, change.models ?? []) };
  });
}

/** Stops a key or lets it on. @throws Refusal */
export function setKeyStatus(db: Drizzle, id: number, status: 'active' | 'disabled'): Promise<Key> {
  return db.transaction(async (tx) => {
    await lockedLiving(tx, id);
    await tx.update(keys).set({ status }).where(eq(keys.id, id));
    return readKey(tx, id);
  });
}

/** Ends a key for good, and all its tokens with it; twice is as good as once. @throws Refusal */
export function revokeKey(db: Drizzle, id: number): Promise<Key> {
  return db.transaction(async (tx) => {
    await lockedKey(tx, id);
    await tx.update(keys).set({ status: 'revoked' }).where(eq(keys.id, id));
    return readKey(tx, id);
  });
}

async function lockedKey(tx: Drizzle, id: number): Promise<Key> {
  const { consumer } = await readKey(tx, id);
  await lockTree(tx, consumer.id);
  return readKey(tx, id);
}

/** The key, locked with its tree. @throws Refusal when it is revoked */
export async function lockedLiving(tx: Drizzle, id: number): Promise<Key> {
  const key = await lockedKey(tx, id);
  if (key.status !== 'revoked') return key;
  throw new Refusal('wrong_state', `Key '${key.name}' (${id}) is revoked, which is for good.`);
}
