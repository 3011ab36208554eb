import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { type Consumer, readConsumer } from './consumer.ts';
import { called, type Named } from './grants.ts';
import { readKey } from './key.ts';
import { type Limit, listLimits, type Owner, ownerColumn } from './limit.ts';
import { LimitWish, showAmount, showKind } from './limit-wish.ts';
import { lockOwner } from './lock-owner.ts';
import { Refusal } from './refusal.ts';

export const LimitsWish = z.strictObject({
  limits: z.array(LimitWish).min(1),
  /** Absent: as it is; for a new limit, strict for a month and for the total. */
  strict: z.boolean().optional(),
});
export type LimitsWish = z.infer<typeof LimitsWish>;

interface SetLimits {
  limits: Limit[];
  /** Limits below that allow more than the new amount: from now on this one binds them. */
  bound: (Named & LimitWish)[];
}

/** Makes limits or changes their amounts; counters go on. All of them or none. @throws Refusal */
export function setLimits(db: Drizzle, owner: Owner, wish: LimitsWish): Promise<SetLimits> {
  return db.transaction(async (tx) => {
    await lockOwner(tx, owner);
    return writeLimits(tx, owner, wish);
  });
}

/** As `setLimits`, where the owner is new or locked already. */
export async function writeLimits(
  tx: Drizzle,
  owner: Owner,
  { limits, strict }: LimitsWish,
): Promise<SetLimits> {
  if (limits.length === 0) return { limits: [], bound: [] };
  assertOnceEach(limits);
  const bound: SetLimits['bound'] = [];
  await lockLimits(tx, owner);
  for (const wish of limits) {
    await assertBelowAncestors(tx, owner, wish);
    await writeLimit(tx, owner, wish, strict);
    bound.push(...(await limitsAbove(tx, owner, wish)));
  }
  const written = new Set(limits.map(showKind));
  return { limits: (await listLimits(tx, { owner })).filter((each) => written.has(showKind(each))), bound };
}

/** The owner's limits, locked as the ledger locks them, and moved on to their windows of now. */
async function lockLimits(tx: Drizzle, owner: Owner): Promise<void> {
  const ids = sql`array(select l.id from limits l where ${ownerColumn(owner)} = ${owner.id} and l.retired_at is null)`;
  await tx.execute(sql`select lock_limits(${ids})`);
  await tx.execute(sql`select leave_windows(${ids}, ledger_now())`);
}

/** A trigger raises `peak` with the amount, and fills in what a new limit begins with. */
async function writeLimit(
  tx: Drizzle,
  owner: Owner,
  { metric, window, amount }: LimitWish,
  strict?: boolean,
) {
  const column = owner.kind === 'consumer' ? sql`consumer_id` : sql`key_id`;
  await tx.execute(sql`
    with changed as (
      update limits set amount = ${amount}, strict = coalesce(${strict ?? null}, strict)
       where ${column} = ${owner.id} and metric = ${metric} and win = ${window} and retired_at is null
      returning id
    )
    insert into limits (${column}, metric, win, amount, strict)
    select ${owner.id}, ${metric}, ${window}, ${amount}, ${strict ?? null}
     where not exists (select from changed)`);
}

/** The nearest above that limits the same must not be passed; further up, each is bound by the path. */
async function assertBelowAncestors(tx: Drizzle, owner: Owner, wish: LimitWish): Promise<void> {
  const isKey = owner.kind === 'key';
  const { name, path } = isKey ? await pathOfKey(tx, owner.id) : await readConsumer(tx, owner.id);
  const above = isKey ? path : path.slice(0, -1);
  const [nearest] = await tx.execute<{ id: number; name: string; amount: number }>(sql`
    select c.id, c.name, l.amount::float8
      from limits l join consumers c on c.id = l.consumer_id
     where l.consumer_id in (select jsonb_array_elements_text(${JSON.stringify(above.map(({ id }) => id))}::jsonb)::int)
       and l.metric = ${wish.metric} and l.win = ${wish.window} and l.retired_at is null
     order by c.depth desc limit 1`);
  if (!nearest || wish.amount <= nearest.amount) return;
  const [own, theirs] = [called({ ...owner, name }), called({ kind: 'consumer', ...nearest })];
  const allowed = showAmount({ ...wish, amount: nearest.amount });
  throw new Refusal(
    'above_ancestor',
    `${own} cannot have ${showAmount(wish)}: above it, ${theirs} has ${allowed}.`,
  );
}

async function pathOfKey(tx: Drizzle, id: number): Promise<Pick<Consumer, 'name' | 'path'>> {
  const { name, consumer } = await readKey(tx, id);
  return { name, path: (await readConsumer(tx, consumer.id)).path };
}

function limitsAbove(
  tx: Drizzle,
  owner: Owner,
  { metric, window, amount }: LimitWish,
): Promise<SetLimits['bound']> {
  if (owner.kind === 'key') return Promise.resolve([]);
  return tx.execute<SetLimits['bound'][number]>(sql`
    select case when k.id is null then 'consumer' else 'key' end as kind, coalesce(k.id, c.id) as id,
           coalesce(k.name, c.name) as name, l.metric, l.win as window, l.amount::float8
      from limits l
      left join keys k on k.id = l.key_id
      join consumers c on c.id = coalesce(l.consumer_id, k.consumer_id)
     where ${owner.id} = any (c.path) and l.consumer_id is distinct from ${owner.id} and l.retired_at is null
       and c.status <> 'retired' and k.status is distinct from 'revoked'
       and l.metric = ${metric} and l.win = ${window} and l.amount > ${amount}
     order by l.depth, 2`);
}

function assertOnceEach(limits: readonly LimitWish[]): void {
  const kinds = limits.map(showKind);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined) throw new Refusal('invalid', `${twice} is given twice.`);
}
