import { eq } from 'drizzle-orm';
import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { consumers } from '../db/schema.ts';
import { type Consumer, readConsumer } from './consumer.ts';
import { ModelNames, Name } from './fields.ts';
import { assertWithin, grantedBeyond, grantsDownTo, type Named, unknownModels } from './grants.ts';
import { lockTree } from './lock-tree.ts';
import { Refusal } from './refusal.ts';
import { zoneNamed } from './time-zone.ts';

/** What is absent stays. The parent cannot be changed: limits, holds and receipts refer to the path. */
export const ConsumerChange = z.strictObject({
  name: Name.optional(),
  /** Null: all that the parent may use. */
  models: ModelNames.nullish(),
  timeZone: z.string().min(1).optional(),
});
export type ConsumerChange = z.infer<typeof ConsumerChange>;

interface Changed {
  consumer: Consumer;
  unknownModels: string[];
  /** Those below that were granted more than this consumer may use from now on. */
  bound: Named[];
}

/** @throws Refusal */
export function changeConsumer(db: Drizzle, id: number, change: ConsumerChange): Promise<Changed> {
  return db.transaction(async (tx) => {
    await lockedLiving(tx, id);
    const { name, models, timeZone } = change;
    if (models) assertWithin(models, (await grantsDownTo(tx, id)).slice(0, -1));
    const values = {
      ...(name !== undefined && { name }),
      ...(models !== undefined && { models }),
      ...(timeZone !== undefined && { timeZone: await zoneNamed(tx, timeZone) }),
    };
    if (Object.keys(values).length > 0) await tx.update(consumers).set(values).where(eq(consumers.id, id));
    return {
      consumer: await readConsumer(tx, id),
      unknownModels: await unknownModels(tx, models ?? []),
      bound: models ? await grantedBeyond(tx, id, models) : [],
    };
  });
}

/** Stops or lets on a consumer, and all below it. @throws Refusal */
export function setConsumerStatus(db: Drizzle, id: number, status: 'active' | 'disabled'): Promise<Consumer> {
  return db.transaction(async (tx) => {
    await lockedLiving(tx, id);
    await tx.update(consumers).set({ status }).where(eq(consumers.id, id));
    return readConsumer(tx, id);
  });
}

async function lockedLiving(tx: Drizzle, id: number): Promise<void> {
  await lockTree(tx, id);
  const { name, status } = await readConsumer(tx, id);
  if (status === 'retired')
    throw new Refusal('wrong_state', `Consumer '${name}' (${id}) is retired, which is for good.`);
}
