import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { Id } from '../tenancy/fields.ts';
import { instant } from '../tenancy/instant.ts';
import { zoneNamed } from '../tenancy/time-zone.ts';
import { Moment } from './moment.ts';

export const UsageQuery = z.strictObject({
  /** This consumer and all below it. */
  consumerId: Id.optional(),
  keyId: Id.optional(),
  model: z.string().optional(),
  /** Absent: the beginning of this month. */
  from: Moment.optional(),
  /** A day is included, an instant is not. Absent: now. */
  to: Moment.optional(),
  by: z.enum(['hour', 'day', 'consumer', 'key', 'model', 'upstream']).optional(),
  /** In which days begin. Absent: that of the consumer or the key, else Asia/Shanghai. */
  timeZone: z.string().min(1).optional(),
});
export type UsageQuery = z.infer<typeof UsageQuery>;

/** Sums of calls: tokens, and cost in micro-yuan. Calls that failed cost nothing. */
export type UsageSums = Record<'requests' | 'failed' | 'prompt' | 'output' | 'cost', number>;

/** What the calls have in common: their `day`, their `model`, their `consumer` and `consumerId`… */
type UsageRow = UsageSums & { group: Record<string, string | number | null> };

export interface Usage {
  from: string;
  /** Null: up to now. */
  to: string | null;
  timeZone: string;
  /** One for each group; none where no grouping was asked for. */
  rows: UsageRow[];
  total: UsageSums;
}

/** What each group is named by, as a JSON object, and what groups are sorted by. */
const GROUPS = {
  hour: { name: sql`jsonb_build_object('hour', ${instant(sql`u.hour`)})`, order: sql`1` },
  day: {
    name: sql`jsonb_build_object('day', to_char(u.hour at time zone span.zone, 'YYYY-MM-DD'))`,
    order: sql`1`,
  },
  consumer: {
    name: sql`jsonb_build_object('consumerId', u.consumer_id, 'consumer', c.name)`,
    order: sql`cost desc, prompt desc, 1`,
  },
  key: {
    name: sql`jsonb_build_object('keyId', u.key_id, 'key', k.name, 'consumer', c.name)`,
    order: sql`cost desc, prompt desc, 1`,
  },
  model: { name: sql`jsonb_build_object('model', u.model)`, order: sql`cost desc, prompt desc, 1` },
  upstream: {
    name: sql`jsonb_build_object('upstream', nullif(u.upstream, ''))`,
    order: sql`cost desc, prompt desc, 1`,
  },
};

/** Sums of the roll-ups, by the hours in which calls were admitted; receipts are not read. @throws Refusal */
export async function usage(db: Drizzle, query: UsageQuery): Promise<Usage> {
  const zone =
    query.timeZone === undefined ? zoneOf(query) : sql`${await zoneNamed(db, query.timeZone)}::text`;
  const { name, order } = query.by ? GROUPS[query.by] : { name: sql`'{}'::jsonb`, order: sql`1` };
  const [span] = await db.execute<{ from: string; to: string | null; timeZone: string }>(sql`
    with ${spanOf(query, zone)}
    select ${instant(sql`since`)} as "from", ${instant(sql`until`)} as "to", zone as "timeZone" from span`);
  const rows = await db.execute<UsageRow>(sql`
    with ${spanOf(query, zone)}
    select ${name} as "group", coalesce(sum(u.requests), 0)::float8 as requests, coalesce(sum(u.failed), 0)::float8 as failed,
           coalesce(sum(u.prompt), 0)::float8 as prompt, coalesce(sum(u.output), 0)::float8 as output,
           coalesce(sum(u.cost), 0)::float8 as cost
      from rollups u
     cross join span
      left join consumers c on c.id = u.consumer_id
      left join keys k on k.id = u.key_id
     where u.hour >= span.since and u.hour < span.until and ${chosen(query)}
     group by 1 order by ${order}`);
  return { ...span!, rows: query.by ? rows : [], total: rows.reduce(sumOf, NOTHING) };
}

const NOTHING: UsageSums = { requests: 0, failed: 0, prompt: 0, output: 0, cost: 0 };

const sumOf = (sum: UsageSums, row: UsageSums): UsageSums => ({
  requests: sum.requests + row.requests,
  failed: sum.failed + row.failed,
  prompt: sum.prompt + row.prompt,
  output: sum.output + row.output,
  cost: sum.cost + row.cost,
});

/** Roll-ups are of whole hours: a span begins with the hour that its beginning is in. */
function spanOf({ from, to }: UsageQuery, zone: SQL): SQL {
  const since = from
    ? momentAt(from, 0)
    : sql`date_trunc('month', now() at time zone zone) at time zone zone`;
  return sql`span as (
    select zone, date_trunc('hour', ${since}, 'UTC') as since, ${to ? momentAt(to, 1) : sql`'infinity'::timestamptz`} as until
      from (select ${zone} as zone) in_zone)`;
}

const momentAt = (moment: Moment, daysLater: number): SQL =>
  'at' in moment
    ? sql`${moment.at}::timestamptz`
    : sql`(${moment.day}::date + ${daysLater}::int)::timestamp at time zone zone`;

function zoneOf({ consumerId, keyId }: UsageQuery): SQL {
  const consumer =
    consumerId ?? (keyId === undefined ? null : sql`(select consumer_id from keys where id = ${keyId})`);
  return sql`coalesce((select time_zone from consumers where id = ${consumer}), 'Asia/Shanghai')`;
}

function chosen({ consumerId, keyId, model }: UsageQuery): SQL {
  const conditions = [sql`true`];
  if (consumerId !== undefined)
    conditions.push(sql`u.consumer_id in (select id from consumers where ${consumerId} = any (path))`);
  if (keyId !== undefined) conditions.push(sql`u.key_id = ${keyId}`);
  if (model !== undefined) conditions.push(sql`u.model = ${model}`);
  return sql.join(conditions, sql` and `);
}
