import postgres from 'postgres';
import { atEnd } from '../helpers/at-end.ts';
import { type LedgerDatabase, ledgerOn } from '../helpers/ledger-database.ts';

/** How often each race is run; more with `LEDGER_RUNS`. */
export const ROUNDS = Math.max(3, Math.ceil(Number(process.env.LEDGER_RUNS ?? 60) / 20));

/** Connections of eight processes to one ledger. */
export async function eightRouters({ url }: LedgerDatabase): Promise<LedgerDatabase[]> {
  const connections = Array.from({ length: 8 }, () =>
    // A deadlock must be told as what it is, before it is taken for a lock that is waited for too long.
    postgres(url, { max: 1, prepare: false, connection: { deadlock_timeout: 100 }, onnotice: () => {} }),
  );
  atEnd(() => Promise.all(connections.map((sql) => sql.end({ timeout: 1 }))));
  await Promise.all(connections.map((sql) => sql`select 1`));
  return connections.map((sql) => ledgerOn(url, sql));
}
