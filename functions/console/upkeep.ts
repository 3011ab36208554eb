import { checkLedger } from '#shared/metrics/check-ledger.ts';
import { countReceipts } from '#shared/metrics/count-receipts.ts';
import type { Console } from './console.ts';
import { BATCH } from './metrics/show-metrics.ts';

const COUNTING_BUDGET_MS = 30_000;

/**
 * What a timer does once a minute: counts also when nobody scrapes, and from time to time holds the ledger against its
 * receipts. Where one of them fails the other is done all the same.
 *
 * @throws what went wrong; when both did, an AggregateError.
 */
export async function upkeep(console: Console): Promise<void> {
  const failures: unknown[] = [];
  for (const task of [count, check]) {
    await task(console).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('; '));
  if (failures.length > 0) throw failures[0];
}

async function count({ config, database }: Console): Promise<void> {
  await countReceipts(database, { most: BATCH, lagMs: config.METRICS_LAG_MS, budgetMs: COUNTING_BUDGET_MS });
}

async function check(console: Console): Promise<void> {
  const driftRows = await checkNowAndThen(console);
  if (driftRows) console.log.error('drift', { rows: driftRows });
}

/** A check that fails leaves no trace in the database, and may have read all of it: it has to wait as long as one that does not. */
async function checkNowAndThen(console: Console): Promise<number | undefined> {
  const { config, patientDatabase, failedCheck } = console;
  if (failedCheck && Date.now() - failedCheck.atMs < config.LEDGER_CHECK_EVERY_MS) return undefined;
  try {
    return await checkLedger(patientDatabase, config.LEDGER_CHECK_EVERY_MS);
  } catch (error) {
    console.failedCheck = { atMs: Date.now() };
    throw error;
  }
}
