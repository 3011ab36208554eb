import postgres from 'postgres';
import type {
  AdmitCall,
  AdmitResult,
  RenewCall,
  RenewResult,
  SettleCall,
  SettleResult,
} from '../ledger/contract.ts';
import { SNAPSHOT_FUNCTIONS } from '../ledger/snapshot.ts';
import { atEnd } from './at-end.ts';
import { aDatabaseUrl } from './database.ts';

/** The ledger's functions in a database of this test file's own, on a clock that only the test moves. */
export interface LedgerDatabase {
  url: string;
  sql: postgres.Sql;
  setClock(us: number): Promise<void>;
  admit(calls: AdmitCall[]): Promise<AdmitResult[]>;
  settle(calls: SettleCall[]): Promise<SettleResult[]>;
  renew(calls: RenewCall[]): Promise<RenewResult[]>;
  sweep(most: number): Promise<number>;
  drift(): Promise<object[]>;
}

/** @param versions of its functions that are called in turn, as routers of two versions would. */
export async function aLedgerDatabase({
  maxConnections = 1,
  versions = [NEWEST],
} = {}): Promise<LedgerDatabase> {
  const url = await aDatabaseUrl();
  const sql = connected(url, maxConnections);
  await sql.unsafe(TEST_CLOCK + SNAPSHOT_FUNCTIONS).simple();
  return ledgerOn(url, sql, versions);
}

/** A connection of another process, for what it does meanwhile. */
export const anotherConnection = ({ url }: LedgerDatabase): postgres.Sql => connected(url, 1);

function connected(url: string, max: number): postgres.Sql {
  const sql = postgres(url, { max, prepare: false, onnotice: () => {} });
  atEnd(() => sql.end({ timeout: 1 }));
  return sql;
}

/** The same over a connection or a transaction of one's own. */
export function ledgerOn(
  url: string,
  sql: postgres.Sql | postgres.TransactionSql,
  versions = [NEWEST],
): LedgerDatabase {
  let turn = 0;
  const inTurn = (name: string) => `${name}_v${versions[turn++ % versions.length]}`;
  const call = async <T>(name: string, argument: string): Promise<T> => {
    try {
      const [row] = await sql.unsafe<{ answer: T }[]>(`select ${name}(${argument}) as answer`).simple();
      return row!.answer;
    } catch (error) {
      if (error instanceof postgres.PostgresError && error.code === AGAIN) return call(name, argument);
      throw error;
    }
  };
  return {
    url,
    sql: sql as postgres.Sql,
    setClock: async (us) => {
      await sql.unsafe(`update test_clock set us = ${us}`).simple();
    },
    admit: (calls) => call(inTurn('admit'), quoted(calls)),
    settle: (calls) => call(inTurn('settle'), quoted(calls)),
    renew: (calls) => call('renew_v1', quoted(calls)),
    sweep: (most) => call('sweep_v1', String(most)),
    drift: async () => [...(await sql.unsafe('select * from ledger_drift').simple())],
  };
}

/** The version of admission and settlement that routers call. */
const NEWEST = 2;

/** A value as a literal of SQL: the functions are called in one message of the simple protocol. */
export const quoted = (value: unknown) => `'${JSON.stringify(value).replaceAll("'", "''")}'`;

/** Rule 6: what could not be put in an order is asked again as a whole, with the same ids. */
const AGAIN = '40001';

/** Nothing is dead on arrival, and time is what one row says. */
const TEST_CLOCK = `
  create table test_clock (us bigint not null);
  insert into test_clock values (0);
  create or replace function ledger_now() returns timestamptz language sql volatile as
    $$ select 'epoch'::timestamptz + us * interval '1 microsecond' from test_clock $$;
  update ledger_policy set expiry_grace_ms = 0, restart_grace_ms = 0;
`;
