import { sql } from 'drizzle-orm';
import type { Database } from '#shared/db/database.ts';

/** When an upstream rests, and for how long at first and at most. */
export interface BreakerPolicy {
  failures: number;
  restMs: number;
  mostRestMs: number;
}

/**
 * Counts a failure. After several in a row the upstream rests, twice as long after each trial that failed, give or take
 * a fifth so that not all come back at once. Failures of calls that were under way when it began to rest do not count.
 */
export async function noteFailure(
  database: Database,
  upstreamId: number,
  failure: string,
  { failures, restMs, mostRestMs }: BreakerPolicy,
): Promise<void> {
  await database.write((db) =>
    db.execute(sql`
      insert into upstream_states as s (upstream_id, failures, failure, open_until)
      values (${upstreamId}, 1, ${failure}, case when ${failures}::int = 1 then clock_timestamp() + ${restMs} * interval '1 ms' end)
      on conflict (upstream_id) do update
         set failures = s.failures + 1, failure = excluded.failure, probe_until = null,
             open_until = case when s.failures + 1 >= ${failures} then
               clock_timestamp() + (0.8 + 0.4 * random()) * interval '1 ms'
                 * least(${restMs} * power(2, least(s.failures + 1 - ${failures}, 20)), ${mostRestMs}) end
       where s.open_until is null or s.open_until <= clock_timestamp()`),
  );
}

/** The upstream is well again. */
export async function noteSuccess(database: Database, upstreamId: number): Promise<void> {
  await database.write((db) =>
    db.execute(sql`
      update upstream_states set failures = 0, failure = null, open_until = null, probe_until = null
       where upstream_id = ${upstreamId} and failures > 0`),
  );
}

/** The upstream that was on trial answers again. What it answers may yet fail: then it rests at once, whatever it failed before. */
export async function noteBegun(database: Database, upstreamId: number, failures: number): Promise<void> {
  await database.write((db) =>
    db.execute(sql`
      update upstream_states set failures = least(failures, ${failures}), open_until = null, probe_until = null
       where upstream_id = ${upstreamId} and open_until <= clock_timestamp()`),
  );
}

/** The call that was to try an upstream says nothing of it: another may try. */
export async function endTrial(database: Database, upstreamId: number): Promise<void> {
  await database.write((db) =>
    db.execute(sql`update upstream_states set probe_until = null where upstream_id = ${upstreamId}`),
  );
}

/** Whether this call may be the one that tries an upstream which has rested; nobody else may for as long. */
export async function claimTrial(database: Database, upstreamId: number, forMs: number): Promise<boolean> {
  const rows = await database.write((db) =>
    db.execute(sql`
      update upstream_states set probe_until = clock_timestamp() + ${forMs} * interval '1 ms'
       where upstream_id = ${upstreamId} and open_until <= clock_timestamp()
         and coalesce(probe_until <= clock_timestamp(), true)
      returning 1`),
  );
  return rows.length > 0;
}
