import type postgres from 'postgres';
import { beforeAll, expect, it } from 'vitest';
import {
  aLedgerDatabase,
  anotherConnection,
  type LedgerDatabase,
  quoted,
} from '../helpers/ledger-database.ts';
import type { AdmitCall, AdmitResult, SettleCall, SettleResult } from './contract.ts';
import { given, type Story } from './given.ts';

let ledger: LedgerDatabase;
let newer: postgres.Sql;

/** A migration as the next version might bring it: columns more, and functions of its own that fill them. */
const NEXT_VERSION = `
  alter table holds add column region text not null default 'unknown';
  alter table receipts add column region text not null default 'unknown';
  alter table limits add column note text;
  do $$
  begin
    execute replace(pg_get_functiondef('admit_v2'::regproc), 'admit_v2', 'admit_v3');
    execute replace(pg_get_functiondef('settle_v2'::regproc), 'settle_v2', 'settle_v3');
  end $$;
  create function regions() returns trigger language plpgsql as $$ begin new.region := 'north'; return new; end $$;
  create trigger regions before insert on holds for each row execute function regions();
`;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
  newer = anotherConnection(ledger);
});

async function next<T>(name: string, calls: object[]): Promise<T[]> {
  const [row] = await newer.unsafe<{ answer: T[] }[]>(`select ${name}(${quoted(calls)}) as answer`).simple();
  return row!.answer;
}

/** One router of each version; each settles what the other has admitted, half of it before the migration. */
async function settleEachOthers(story: Story, calls: AdmitCall[]): Promise<SettleResult[]> {
  const ends: SettleCall[] = calls.map((call) => story.ending(call, 10, 5));
  const half = ends.length / 2;
  const [older, other] = await Promise.all([
    ledger.settle(ends.slice(half)),
    next<SettleResult>('settle_v3', ends.slice(0, half)),
  ]);
  return [...other, ...older];
}

it('two versions of the functions keep one ledger: what the one admits the other settles', async () => {
  const limits = [{ metric: 'tokens', win: 'day', amount: 400 } as const];
  const story = await given(ledger, { limits });
  const before = Array.from({ length: 10 }, () => story.call({ prompt: 10, output: 10 }));
  const after = Array.from({ length: 30 }, () => story.call({ prompt: 10, output: 10 }));
  const old = await ledger.admit(before);
  await newer.unsafe(NEXT_VERSION).simple();
  const [again, fresh] = await Promise.all([
    ledger.admit(after.slice(0, 15)),
    next<AdmitResult>('admit_v3', after.slice(15)),
  ]);
  const asked = [...before, ...after];
  const admitted = asked.filter((_, index) => [...old, ...again, ...fresh][index]!.verdict === 'admitted');
  expect(admitted).toHaveLength(20); // 400 tokens are room for 20 calls of 10 + 10, whoever asks
  expect(await ledger.drift()).toEqual([]);
  const closed = await settleEachOthers(story, admitted);
  expect(closed.map(({ state }) => state)).toEqual(Array(20).fill('closed'));
  expect(await ledger.drift()).toEqual([]);
  expect(await story.limit()).toMatchObject({ used: 20 * 15, held: 0 });
});
