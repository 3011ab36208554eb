import type { Drizzle } from '../db/database.ts';
import { readConsumer } from './consumer.ts';
import { readKey } from './key.ts';
import type { Owner } from './limit.ts';
import { lockTree } from './lock-tree.ts';
import { Refusal } from './refusal.ts';

/** Locks the tree of a limit's owner. @throws Refusal when there is no such owner, or it has ended */
export async function lockOwner(tx: Drizzle, { kind, id }: Owner): Promise<void> {
  const consumerId = kind === 'consumer' ? id : (await readKey(tx, id)).consumer.id;
  await lockTree(tx, consumerId);
  const { name, status } = kind === 'consumer' ? await readConsumer(tx, id) : await readKey(tx, id);
  if (status === 'retired' || status === 'revoked')
    throw new Refusal('wrong_state', `The ${kind} '${name}' (${id}) is ${status}, which is for good.`);
}
