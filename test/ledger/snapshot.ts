import type { LedgerDatabase } from '../helpers/ledger-database.ts';

/** All that the ledger's tables hold, read in one statement. */
export interface Snapshot {
  limits: LimitRow[];
  windows: WindowRow[];
  holds: HoldRow[];
  receipts: ReceiptRow[];
  rollups: SumRow[];
  drift: object[];
}

export interface WindowRow {
  limit: number;
  startUs: number;
  /** Null = never. */
  endUs: number | null;
  used: number;
  held: number;
  peak: number;
}

export interface LimitRow extends WindowRow {
  amount: number;
  tatUs: number;
}

export interface HoldRow {
  id: string;
  priceVersion: number;
  promptHeld: number;
  outputHeld: number;
  rate: number;
  forced: boolean;
  started: boolean;
  firstToken: boolean;
  progress: number;
  intervalMs: number;
  admittedUs: number;
  renewedUs: number;
  leaseEndUs: number;
  lineLimit: number[];
  lineStartUs: number[];
  lineAmount: number[];
}

export interface ReceiptRow {
  id: string;
  outcome: string;
  final: boolean;
  prompt: number;
  output: number;
  cost: number;
  uncharged: number;
  holdLost: boolean;
  admittedUs: number;
  lineLimit: number[];
  lineStartUs: number[];
  lineAmount: number[];
  lineExcess: number[];
}

/** Usage by consumer, key, model and hour of admission. */
interface SumRow {
  subject: string;
  prompt: number;
  output: number;
  cost: number;
}

export async function snapshotOf({ sql }: LedgerDatabase): Promise<Snapshot> {
  const [row] = await sql.unsafe<{ snapshot: Snapshot }[]>(READ_ALL).simple();
  return row!.snapshot;
}

/** Also as functions of the database, for the test's own use. */
export const SNAPSHOT_FUNCTIONS = `
  create or replace function us(t timestamptz) returns bigint language sql immutable as
    $$ select case when isfinite(t) then (extract(epoch from t) * 1000000)::bigint end $$;
  create or replace function us(t timestamptz[]) returns bigint[] language sql immutable as
    $$ select coalesce(array_agg(us(x) order by n), '{}') from unnest(t) with ordinality as u(x, n) $$;
`;

const all = (fields: string, source: string) =>
  `(select coalesce(json_agg(json_build_object(${fields})), '[]') from ${source})`;

const LINES = `'lineLimit', line_limit, 'lineStartUs', us(line_start), 'lineAmount', line_amount,
  'admittedUs', us(admitted_at), 'id', request_id`;

const COUNTERS = `'startUs', us(starts_at), 'endUs', us(ends_at), 'used', used, 'held', held, 'peak', peak`;

const READ_ALL = `select json_build_object(
  'limits', ${all(`'limit', id, ${COUNTERS}, 'amount', amount, 'tatUs', tat_us`, 'limits')},
  'windows', ${all(`'limit', limit_id, ${COUNTERS}`, 'windows')},
  'holds', ${all(
    `${LINES}, 'priceVersion', price_version, 'promptHeld', prompt_held, 'outputHeld', out_held, 'rate', rate,
     'forced', forced, 'started', started, 'firstToken', first_token, 'progress', progress,
     'intervalMs', interval_ms, 'renewedUs', us(renewed_at), 'leaseEndUs', us(lease_end)`,
    'holds',
  )},
  'receipts', ${all(
    `${LINES}, 'outcome', outcome, 'final', final, 'prompt', prompt, 'output', output, 'cost', cost,
     'uncharged', uncharged, 'holdLost', hold_lost, 'lineExcess', line_excess`,
    'receipts',
  )},
  'rollups', ${all(
    `'subject', subject, 'prompt', prompt, 'output', output, 'cost', cost`,
    `(select concat_ws(' ', consumer_id, key_id, model, us(hour)) as subject,
        sum(prompt) as prompt, sum(output) as output, sum(cost) as cost from rollups group by 1) as sums`,
  )},
  'drift', (select coalesce(json_agg(d), '[]') from ledger_drift as d)
) as snapshot`;
