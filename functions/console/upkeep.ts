import { checkLedger } from '#shared/metrics/check-ledger.ts';
import { countReceipts } from '#shared/metrics/count-receipts.ts';
import type { Console } from './console.ts';
import { BATCH } from './metrics/show-metrics.ts';

const COUNTING_BUDGET_MS = 30_000;

/** What a timer does once a minute: counts also when nobody scrapes, and from time to time holds the ledger against its receipts. */
export async function upkeep({ config, database, patientDatabase, log }: Console): Promise<void> {
  await countReceipts(database, { most: BATCH, lagMs: config.METRICS_LAG_MS, budgetMs: COUNTING_BUDGET_MS });
  const driftRows = await checkLedger(patientDatabase, config.LEDGER_CHECK_EVERY_MS);
  if (driftRows) log.error('drift', { rows: driftRows });
}
