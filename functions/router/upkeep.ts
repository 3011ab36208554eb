import type { Database } from '#shared/db/database.ts';
import { calibrate } from '#shared/ledger/calibrate.ts';
import type { Ledger } from '#shared/ledger/ledger.ts';
import type { Log } from '#shared/log.ts';

/**
 * What a timer does once a minute, so that it also happens when nobody calls: dead holds expire, connections that were
 * frozen in mid-write end, and the estimates learn from the hours that are over. Running twice at once does no harm.
 */
export async function upkeep(database: Database, ledger: Ledger, log: Log): Promise<void> {
  await ledger.endStuckClients();
  const expired = await ledger.sweep();
  await calibrate(database);
  if (expired > 0) log.info('expired', { holds: expired });
}
