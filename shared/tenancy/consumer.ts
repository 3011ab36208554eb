import { type SQL, sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { Id } from './fields.ts';
import { instant } from './instant.ts';
import { Refusal } from './refusal.ts';

/** A consumer, as an operator sees it. */
export type Consumer = {
  id: number;
  name: string;
  /** From the root to itself. */
  path: { id: number; name: string }[];
  parentId: number | null;
  status: 'active' | 'disabled' | 'retired';
  /** Whether it may call: it and all above it are active. */
  usable: boolean;
  /** Null: all that its parent may use. */
  models: string[] | null;
  timeZone: string;
  createdAt: string;
};

interface Filter {
  /** This consumer and all below it. */
  below?: number;
  /** Retired ones, too. */
  all?: boolean;
}

/** Consumers as a tree is read: each before those below it. */
export const listConsumers = (db: Drizzle, { below, all = false }: Filter = {}): Promise<Consumer[]> =>
  consumersWhere(
    db,
    sql`(${all} or c.status <> 'retired') and ${below === undefined ? sql`true` : sql`${below} = any (c.path)`}`,
  );

/** @throws Refusal */
export async function readConsumer(db: Drizzle, id: number): Promise<Consumer> {
  const [consumer] = Id.safeParse(id).success ? await consumersWhere(db, sql`c.id = ${id}`) : [];
  if (consumer) return consumer;
  throw new Refusal('not_found', `There is no consumer ${id}.`);
}

/** By id, or by name where one consumer alone that is not retired bears it. @throws Refusal */
export async function findConsumer(db: Drizzle, idOrName: string): Promise<Consumer> {
  if (/^\d+$/.test(idOrName)) return readConsumer(db, Number(idOrName));
  const named = await consumersWhere(db, sql`c.name = ${idOrName}`);
  const living = named.filter((each) => each.status !== 'retired');
  const found = living.length > 0 ? living : named;
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new Refusal('not_found', `There is no consumer '${idOrName}'.`);
  const which = found.map(({ id, path }) => `${id} (${path.map((each) => each.name).join(' / ')})`);
  throw new Refusal(
    'ambiguous',
    `Several consumers are called '${idOrName}'; name one by id: ${which.join(', ')}.`,
  );
}

function consumersWhere(db: Drizzle, condition: SQL): Promise<Consumer[]> {
  return db.execute<Consumer>(sql`
    select c.id, c.name, above.path, c.parent_id as "parentId", c.status, above.usable,
           to_jsonb(c.models) as models, c.time_zone as "timeZone", ${instant(sql`c.created_at`)} as "createdAt"
      from consumers c
     cross join lateral (
       select bool_and(a.status = 'active') as usable,
              jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name) order by a.depth) as path
         from consumers a where a.id = any (c.path)
     ) above
     where ${condition}
     order by c.path`);
}
