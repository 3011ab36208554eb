import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { consumers } from '../db/schema.ts';
import { type Consumer, readConsumer } from './consumer.ts';
import { Id, ModelNames, Name } from './fields.ts';
import { assertWithin, grantsDownTo, unknownModels } from './grants.ts';
import type { Limit } from './limit.ts';
import { LimitWish } from './limit-wish.ts';
import { lockTree } from './lock-tree.ts';
import { Refusal } from './refusal.ts';
import { writeLimits } from './set-limits.ts';
import { zoneNamed } from './time-zone.ts';

export const NewConsumer = z.strictObject({
  name: Name,
  /** Absent: a root. */
  parentId: Id.optional(),
  /** Absent: all that the parent may use. */
  models: ModelNames.optional(),
  /** Absent: that of the parent. */
  timeZone: z.string().min(1).optional(),
  limits: z.array(LimitWish).default([]),
});
export type NewConsumer = z.infer<typeof NewConsumer>;

interface Created {
  consumer: Consumer;
  limits: Limit[];
  /** Granted, though the catalog does not have them. */
  unknownModels: string[];
}

/** Makes a consumer, with no more rights than those above it. @throws Refusal */
export function createConsumer(db: Drizzle, wish: NewConsumer): Promise<Created> {
  return db.transaction(async (tx) => {
    const { parentId = null, models = null } = wish;
    const parent = parentId === null ? undefined : await lockedParent(tx, parentId);
    assertWithin(models ?? [], await grantsDownTo(tx, parentId));
    const timeZone = wish.timeZone === undefined ? parent?.timeZone : await zoneNamed(tx, wish.timeZone);
    const [row] = await tx
      .insert(consumers)
      .values({ ...PLACED_BY_TRIGGER, name: wish.name, parentId, models, ...(timeZone && { timeZone }) })
      .returning({ id: consumers.id });
    const { limits } = await writeLimits(tx, { kind: 'consumer', id: row!.id }, { limits: wish.limits });
    return {
      consumer: await readConsumer(tx, row!.id),
      limits,
      unknownModels: await unknownModels(tx, models ?? []),
    };
  });
}

async function lockedParent(tx: Drizzle, id: number): Promise<Consumer> {
  await lockTree(tx, id);
  const parent = await readConsumer(tx, id);
  if (parent.status !== 'retired') return parent;
  throw new Refusal(
    'wrong_state',
    `Consumer '${parent.name}' (${id}) is retired: nothing new can come below it.`,
  );
}

/** The table's trigger computes them from the parent; the columns only want a value. */
const PLACED_BY_TRIGGER = { rootId: 0, path: [], depth: 0 };
