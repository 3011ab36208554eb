import { sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';

/**
 * Counts the rows of `ledger_drift`, of which there must be none, and keeps the number for all who scrape. It reads every
 * receipt, so it is done once in a while by a timer, with a time limit of its own, and never by a scrape.
 *
 * @returns the number; undefined when the last look is younger than `everyMs`.
 */
export async function checkLedger(database: Database, everyMs: number): Promise<number | undefined> {
  const [due] = await database.read((db) =>
    db.execute(sql`
      select 1 where not exists (select from ledger_checks
                                  where checked_at > clock_timestamp() - ${everyMs} * interval '1 ms')`),
  );
  if (!due) return undefined;
  const startedAtMs = performance.now();
  const [found] = await database.read((db) =>
    db.execute<{ rows: number }>(sql`select count(*)::int as rows from ledger_drift`),
  );
  const tookMs = Math.round(performance.now() - startedAtMs);
  await database.write((db) =>
    db.execute(sql`
      insert into ledger_checks (id, drift_rows, checked_at, took_ms)
      values (1, ${found!.rows}, clock_timestamp(), ${tookMs})
      on conflict (id) do update
         set drift_rows = excluded.drift_rows, checked_at = excluded.checked_at, took_ms = excluded.took_ms`),
  );
  return found!.rows;
}
