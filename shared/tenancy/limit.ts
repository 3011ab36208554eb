import { type SQL, sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import type { Named } from './grants.ts';
import { instant } from './instant.ts';
import type { Metric, Window } from './limit-wish.ts';

/** Whom a limit binds: a consumer and all below it, or one key. */
export interface Owner {
  kind: 'consumer' | 'key';
  id: number;
}

/** A limit in force, with the counters of its window at this moment. */
export type Limit = {
  id: number;
  owner: Named;
  metric: Metric;
  window: Window;
  amount: number;
  /** Of a rate: what is taken out of the minute just now. */
  used: number;
  held: number;
  left: number;
  strict: boolean;
  /** Null for a rate and for `parallel`, which have no window. */
  startsAt: string | null;
  /** Null where there is no end. */
  endsAt: string | null;
  /** That of its consumer, in which days and months are counted. */
  timeZone: string;
};

interface Filter {
  owner?: Owner;
  /** Those of all consumers above the owner, too: a call must fit them all. */
  withPath?: boolean;
}

/** The limits in force, of the root first. */
export function listLimits(db: Drizzle, { owner, withPath = false }: Filter = {}): Promise<Limit[]> {
  if (!owner) return limitsWhere(db, sql`true`);
  const own = sql`${ownerColumn(owner)} = ${owner.id}`;
  if (!withPath) return limitsWhere(db, own);
  const consumer =
    owner.kind === 'key' ? sql`(select consumer_id from keys where id = ${owner.id})` : owner.id;
  const path = sql`select unnest(path) from consumers where id = ${consumer}`;
  return limitsWhere(db, sql`(${own} or l.consumer_id in (${path}))`);
}

export const ownerColumn = ({ kind }: Owner) => (kind === 'consumer' ? sql`l.consumer_id` : sql`l.key_id`);

/**
 * A window that is over is left at the next call only; who looks before sees the new one, with nothing in it.
 * Of a rate, what is taken is as much of the minute as its clock is ahead of ours.
 */
function limitsWhere(db: Drizzle, condition: SQL): Promise<Limit[]> {
  return db.execute<Limit>(sql`
    select l.id, jsonb_build_object('kind', case when l.key_id is null then 'consumer' else 'key' end,
                                    'id', coalesce(l.key_id, c.id), 'name', coalesce(k.name, c.name)) as owner,
           l.metric, l.win as window, l.amount::float8, counted.used::float8, counted.held::float8,
           greatest(l.amount - counted.used - counted.held, 0)::float8 as left, l.strict,
           case when l.win not in ('minute', 'open') then ${instant(sql`counted.starts`)} end as "startsAt",
           ${instant(sql`counted.ends`)} as "endsAt", c.time_zone as "timeZone"
      from limits l
      left join keys k on k.id = l.key_id
      join consumers c on c.id = coalesce(l.consumer_id, k.consumer_id)
     cross join (select ledger_now() as at) clock
     cross join lateral window_around(l.win, c.time_zone, clock.at) around
     cross join lateral (
       select l.ends_at <= clock.at as over,
              greatest(l.tat_us - (extract(epoch from clock.at) * 1000000)::bigint, 0) as ahead_us
     ) state
     cross join lateral (
       select case when l.win = 'minute' then least(ceil(state.ahead_us * l.amount::numeric / 60000000), l.amount)
                   when state.over then 0 else l.used end as used,
              case when state.over then 0 else l.held end as held,
              case when state.over then greatest(around.starts, l.ends_at) else l.starts_at end as starts,
              case when state.over then around.ends else l.ends_at end as ends
     ) counted
     where l.retired_at is null and ${condition}
     order by l.depth, coalesce(l.key_id, c.id), l.metric, counted.ends, l.win`);
}
