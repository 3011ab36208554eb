import { type SQL, sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';

/** What is true at this instant, from the live tables. Times are Unix times or spans, in seconds. */
export interface Moment {
  holds: { model: string; upstream: string; holds: number }[];
  overdue: { holds: number; seconds: number };
  /** Receipts that expired and may still be corrected. */
  pendingReceipts: number;
  upstreams: Upstream[];
  jobs: { kind: string; status: string; jobs: number }[];
  stuckJobs: { jobs: number; seconds: number };
  catalogVersion: number;
  drift: { rows: number; checkedAt: number; seconds: number } | null;
  limits: { metric: string; win: string; limits: number; nearlyFull: number; full: number }[];
  fullest: { consumer: number; metric: string; win: string; used: number; held: number }[];
}

interface Upstream {
  upstream: string;
  enabled: boolean;
  /** Null = not known. */
  slots: number | null;
  slotsInUse: number;
  breaker: 'closed' | 'half_open' | 'open';
  /** In a row. */
  failures: number;
  /** Of the models that routes name. */
  loaded: string[];
}

/** @param mostNamed how many of the fullest limits of root consumers are named: so many budgets, and so many of the others */
export async function readMoment(db: Drizzle, mostNamed: number): Promise<Moment> {
  const [row] = await db.execute<{ moment: Moment }>(sql`
    select jsonb_build_object(
      'holds', ${rowsOf(HOLDS)}, 'overdue', ${rowOf(OVERDUE)}, 'pendingReceipts', (${PENDING}),
      'upstreams', ${rowsOf(UPSTREAMS)}, 'jobs', ${rowsOf(JOBS)}, 'stuckJobs', ${rowOf(STUCK_JOBS)},
      'catalogVersion', (select version from catalog), 'drift', ${rowOf(DRIFT)},
      'limits', ${rowsOf(LIMITS)}, 'fullest', ${rowsOf(fullest(mostNamed))}) as moment`);
  return row!.moment;
}

const rowsOf = (query: SQL) => sql`(select coalesce(jsonb_agg(to_jsonb(q)), '[]') from (${query}) q)`;
const rowOf = (query: SQL) => sql`(select to_jsonb(q) from (${query}) q)`;

const HOLDS = sql`
  select model, coalesce(upstream, '') as upstream, count(*) as holds from holds group by 1, 2 order by 1, 2`;

const OVERDUE = sql`
  select count(*) as holds, coalesce(extract(epoch from ledger_now() - min(lease_end)), 0) as seconds
    from holds where lease_end < ledger_now()`;

// The clock is asked once, in a subquery: beside a column it would be asked for every row, and no index be of use.
const PENDING = sql`
  select count(*) from receipts
   where not final and closed_at > (select ledger_now() - final_after_ms * interval '1 ms' from ledger_policy)`;

// As routers count what is in flight (shared/catalog/upstream-states.ts).
const UPSTREAMS = sql`
  select u.name as upstream, u.status = 'active' as enabled, u.slots,
         (select count(*) from holds h
           where h.upstream = u.name and h.started and h.lease_end > ledger_now()) as "slotsInUse",
         case when s.open_until > clock_timestamp() then 'open' when s.open_until is null then 'closed'
              else 'half_open' end as breaker,
         coalesce(s.failures, 0) as failures,
         coalesce((select jsonb_agg(distinct r.upstream_model) from routes r
                    where r.upstream_id = u.id
                      and exists (select from unnest(s.loaded) name
                                   where lower(name) in (lower(r.upstream_model), lower(r.upstream_model) || ':latest'))), '[]') as loaded
    from upstreams u left join upstream_states s on s.upstream_id = u.id
   order by u.name`;

/** By the two indexes that have no others (shared/db/model-jobs-schema.ts). */
const OPEN_JOBS = sql`
  select kind, status, lease_until, updated_at from model_jobs where status in ('queued', 'running') and kind <> 'mirror'
   union all
  select kind, status, lease_until, updated_at from model_jobs where status in ('queued', 'running') and kind = 'mirror'`;

/** All that are open, and of those that ended the ones of the last day: their number has no bound. */
const JOBS = sql`
  select kind, status, count(*) as jobs
    from (select kind, status from (${OPEN_JOBS}) open
           union all
          select kind, status from model_jobs
           where status not in ('queued', 'running') and created_at > now() - interval '1 day') shown
   group by 1, 2 order by 1, 2`;

/** Open, and nobody is at work: since their worker's lease ended, or since they were asked for. */
const STUCK_JOBS = sql`
  select count(*) as jobs,
         coalesce(extract(epoch from clock_timestamp() - min(coalesce(lease_until, updated_at))), 0) as seconds
    from (${OPEN_JOBS}) open
   where status = 'queued' or lease_until < clock_timestamp()`;

const DRIFT = sql`
  select drift_rows as rows, extract(epoch from checked_at) as "checkedAt", took_ms / 1000.0 as seconds from ledger_checks`;

/** Budgets and `parallel` of those who have no landlord. A window that is over counts as empty: it is left with the next call. */
const ROOT_LIMITS = sql`
  select l.consumer_id as consumer, l.metric, l.win, w.used::float8 / l.amount as used, w.held::float8 / l.amount as held
    from limits l
    join consumers c on c.id = l.consumer_id and c.parent_id is null and c.status = 'active'
   cross join lateral (select case when l.ends_at > ledger_now() then l.used else 0 end as used,
                              case when l.ends_at > ledger_now() then l.held else 0 end as held) w
   where l.retired_at is null and l.win <> 'minute' and l.amount > 0`;

const LIMITS = sql`
  select metric, win, count(*) as limits, count(*) filter (where used + held >= 0.8) as "nearlyFull",
         count(*) filter (where used + held >= 1) as "full"
    from (${ROOT_LIMITS}) l group by 1, 2 order by 1, 2`;

/**
 * Those that alerts are about, and apart from them those that are full for a moment and no news (an hour's, `parallel`):
 * in one ranking a few busy tenants would hide a month that runs out.
 */
const fullest = (most: number) => sql`
  select consumer, metric, win, used, held
    from (select l.*, row_number() over (partition by win in ('day', 'month', 'total')
                                             order by used + held desc, consumer, metric, win) as place
            from (${ROOT_LIMITS}) l) placed
   where place <= ${most}
   order by used + held desc, consumer, metric, win`;
