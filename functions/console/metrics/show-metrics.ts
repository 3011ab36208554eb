import { sql } from 'drizzle-orm';
import type { Database } from '#shared/db/database.ts';
import { countReceipts } from '#shared/metrics/count-receipts.ts';
import { readCounts } from '#shared/metrics/read-counts.ts';
import { readMoment } from '#shared/metrics/read-moment.ts';
import type { Console } from '../console.ts';
import { CONTENT_TYPE, Exposition } from './exposition.ts';
import { writeCounts } from './write-counts.ts';
import { writeMoment } from './write-moment.ts';

/** How long a scrape counts what was closed since the last one; Prometheus gives up after 10 s. */
const COUNTING_BUDGET_MS = 2_000;
/** Receipts a transaction. */
export const BATCH = 5_000;

/** OpenTelemetry's word for the names of generative AI that are still under way. */
const NEWEST_NAMES = 'gen_ai_latest_experimental';

/** All that the database knows, as Prometheus reads it. What ended since the last scrape is counted first. */
export async function showMetrics({ config, database }: Console): Promise<Response> {
  const roundTripSeconds = await roundTrip(database);
  await countReceipts(database, { most: BATCH, lagMs: config.METRICS_LAG_MS, budgetMs: COUNTING_BUDGET_MS });
  const [counts, moment] = await Promise.all([
    database.read(readCounts),
    database.read((db) => readMoment(db, config.METRICS_TOP_LIMITS)),
  ]);
  const exposition = new Exposition();
  exposition.add('gateway_database_round_trip_seconds', {}, roundTripSeconds);
  writeCounts(exposition, counts, config.OTEL_SEMCONV_STABILITY_OPT_IN.has(NEWEST_NAMES));
  writeMoment(exposition, moment);
  return new Response(exposition.text(), {
    headers: { 'content-type': CONTENT_TYPE, 'cache-control': 'no-store' },
  });
}

/** On a connection that is there. */
async function roundTrip(database: Database): Promise<number> {
  await database.read((db) => db.execute(sql`select 1`));
  const startedAtMs = performance.now();
  await database.read((db) => db.execute(sql`select 1`));
  return (performance.now() - startedAtMs) / 1000;
}
