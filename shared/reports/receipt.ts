import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import type { Named } from '../tenancy/grants.ts';
import { instant } from '../tenancy/instant.ts';
import type { Metric, Window } from '../tenancy/limit-wish.ts';
import { Refusal } from '../tenancy/refusal.ts';

/** The record of one call. */
export type Receipt = {
  requestId: string;
  consumer: { id: number; name: string };
  key: { id: number; name: string };
  model: string;
  upstream: string | null;
  outcome: 'settled' | 'released' | 'expired' | 'void';
  final: boolean;
  source: 'reported' | 'counted' | 'estimated';
  /** Tokens charged. */
  prompt: number;
  output: number;
  /** Micro-yuan charged. */
  cost: number;
  /** 0 where the model had no price. */
  priceVersion: number;
  excess: number;
  uncharged: number;
  holdLost: boolean;
  reason: string | null;
  endUser: string | null;
  tag: string | null;
  attempts: unknown[];
  firstTokenMs: number | null;
  totalMs: number | null;
  admittedAt: string;
  closedAt: string;
  timeZone: string;
  /** What it took from each limit on its path, in the window of its admission. */
  lines: {
    limitId: number;
    owner: Named;
    metric: Metric;
    window: Window;
    startsAt: string;
    amount: number;
  }[];
};

const FORM = /^(?:req_)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i;

/** @param requestId as callers know it, `req_…`, or as a UUID. @throws Refusal */
export async function readReceipt(db: Drizzle, requestId: string): Promise<Receipt> {
  const id = FORM.exec(requestId)?.slice(1).join('-');
  if (id === undefined)
    throw new Refusal('invalid', `'${requestId}' is no request id: write req_… or a UUID.`);
  const [receipt] = await db.execute<Receipt>(sql`
    select 'req_' || replace(r.request_id::text, '-', '') as "requestId",
           jsonb_build_object('id', r.consumer_id, 'name', c.name) as consumer,
           jsonb_build_object('id', r.key_id, 'name', k.name) as key,
           r.model, r.upstream, r.outcome, r.final, r.source, r.prompt::float8, r.output::float8, r.cost::float8,
           r.price_version as "priceVersion", r.excess::float8, r.uncharged::float8, r.hold_lost as "holdLost", r.reason,
           r.end_user as "endUser", r.tag, r.attempts, r.first_token_ms as "firstTokenMs", r.total_ms as "totalMs",
           ${instant(sql`r.admitted_at`)} as "admittedAt", ${instant(sql`r.closed_at`)} as "closedAt",
           coalesce(c.time_zone, 'UTC') as "timeZone", coalesce(taken.lines, '[]') as lines
      from receipts r
      left join consumers c on c.id = r.consumer_id
      left join keys k on k.id = r.key_id
     cross join lateral (
       select jsonb_agg(jsonb_build_object(
                'limitId', line.id, 'metric', l.metric, 'window', l.win, 'startsAt', ${instant(sql`line.start`)}, 'amount', line.amount,
                'owner', jsonb_build_object('kind', case when l.key_id is null then 'consumer' else 'key' end,
                                            'id', coalesce(l.key_id, l.consumer_id), 'name', coalesce(lk.name, lc.name)))
              order by l.depth desc, l.id) as lines
         from unnest(r.line_limit, r.line_start, r.line_amount) as line (id, start, amount)
         join limits l on l.id = line.id
         left join consumers lc on lc.id = l.consumer_id
         left join keys lk on lk.id = l.key_id
     ) taken
     where r.request_id = ${id}::uuid`);
  return receipt ?? refuseUnknown(db, requestId, id);
}

async function refuseUnknown(db: Drizzle, requestId: string, id: string): Promise<never> {
  const open = await db.execute(sql`select from holds where request_id = ${id}::uuid`);
  if (open.length > 0)
    throw new Refusal('wrong_state', `The call ${requestId} is under way: it has no receipt yet.`);
  throw new Refusal('not_found', `There is no receipt of ${requestId}.`);
}
