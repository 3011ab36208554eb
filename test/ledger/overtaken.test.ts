import fc from 'fast-check';
import type postgres from 'postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  aLedgerDatabase,
  anotherConnection,
  type LedgerDatabase,
  ledgerOn,
} from '../helpers/ledger-database.ts';
import type { AdmitCall, SettleCall } from './contract.ts';
import { sorted } from './facts.ts';
import { given, type Story } from './given.ts';
import type { Limit } from './model/world.ts';
import { waitsForALock } from './waits-for-a-lock.ts';

let ledger: LedgerDatabase;
/** A second connection, which keeps the limits locked and changes them. */
let other: postgres.Sql;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
  other = anotherConnection(ledger);
});

/** Consumer 2 is below consumer 1. */
type Facts = Pick<Limit, 'metric' | 'win' | 'amount' | 'strict'> & { consumerId: number };

/** Its key's calls: some are open, and some are in the batch. */
interface Calls {
  story: Story;
  open: AdmitCall[];
  batch: AdmitCall[];
}

type Change = (meanwhile: LedgerDatabase, calls: Calls) => Promise<unknown>;

const rootsGet = (set: string) => (meanwhile: LedgerDatabase) =>
  meanwhile.sql.unsafe(`update limits set ${set} where consumer_id = 1`).simple();
const pass = (ms: number) => (meanwhile: LedgerDatabase) =>
  meanwhile.sql.unsafe(`update test_clock set us = us + ${ms * 1_000}`).simple();

const settled = (meanwhile: LedgerDatabase, endings: SettleCall[]) =>
  endings.length > 0 ? meanwhile.settle(endings) : Promise.resolve();

const ON_EITHER: Record<string, Change> = {
  'nothing happens': async () => {},
  'the root gets next to nothing': rootsGet('amount = least(amount, 60)'),
  'the root gets more': rootsGet('amount = 3 * amount, peak = greatest(peak, 3 * amount)'),
  'the root is strict from now on': async (meanwhile) => {
    await pass(1)(meanwhile); // whoever was admitted before was admitted before
    await rootsGet(`strict = metric in ('tokens', 'cost') and win <> 'minute'`)(meanwhile);
  },
  'some seconds pass': pass(20_000),
  'the day ends': pass(30_000),
  'the hour ends, and a minute passes': pass(61_000),
  'another call ends': (meanwhile, { story, open }) =>
    settled(
      meanwhile,
      open.slice(-1).map((call) => story.ending(call, 3, 4)),
    ),
  'another call ends without an answer': (meanwhile, { story, open }) =>
    settled(
      meanwhile,
      open.slice(-1).map((call) => ({ ...story.ending(call, 0, 0), outcome: 'released' })),
    ),
};

const ON_ADMISSION: Record<string, Change> = {
  ...ON_EITHER,
  'others are admitted': (meanwhile, { story }) =>
    meanwhile.admit([1, 2, 3].map((n) => story.call({ id: idOf(90 + n), key: 2, prompt: 20, output: 20 }))),
  'its first try is admitted after all': (meanwhile, { batch }) => meanwhile.admit(batch.slice(0, 1)),
  'its first try is given up': (meanwhile, { story, batch }) =>
    meanwhile.settle([{ ...story.ending(batch[0]!, 0, 0), outcome: 'released' }]),
};

const ON_SETTLEMENT: Record<string, Change> = {
  ...ON_EITHER,
  'others are admitted': ON_ADMISSION['others are admitted']!,
  'its first try is settled after all': (meanwhile, { story, batch }) =>
    meanwhile.settle([story.ending(batch[0]!, 5, 6)]),
  'all of them expire': async (meanwhile) => {
    await meanwhile.sql.unsafe(`update holds set lease_end = ledger_now() - interval '1 s'`).simple();
    await meanwhile.sweep(100);
  },
};

const BUDGETS = ['tokens day', 'tokens total', 'requests hour', 'cost day', 'parallel open'];
const RATES = ['tokens minute', 'requests minute', 'cost minute'];
const KINDS = [...BUDGETS, ...RATES].map((kind) => kind.split(' ') as [Facts['metric'], Facts['win']]);

const facts = (consumerId: number) =>
  fc
    .record({ kind: fc.constantFrom(...KINDS), size: fc.constantFrom(2, 4, 6, 40), strict: fc.boolean() })
    .map(({ kind: [metric, win], size, strict }): Facts => {
      const counts = metric === 'tokens' || metric === 'cost';
      const amount = size * (counts ? 60 : 1);
      return { consumerId, metric, win, amount, strict: strict && counts && win !== 'minute' };
    });

/** A child above its parent would be refused where it is written. */
const limits = fc
  .tuple(
    fc.uniqueArray(facts(1), { selector: kindOf, minLength: 1, maxLength: 4 }),
    fc.uniqueArray(facts(2), { selector: kindOf, maxLength: 2 }),
  )
  .filter(([roots, own]) =>
    own.every((one) => roots.every((root) => kindOf(root) !== kindOf(one) || root.amount >= one.amount)),
  )
  .map((both) => both.flat());

function kindOf({ metric, win }: Facts): string {
  return `${metric} ${win}`;
}

const tokens = fc.record({
  prompt: fc.integer({ min: 4, max: 60 }),
  output: fc.integer({ min: 1, max: 60 }),
});
const someTokens = fc.array(tokens, { minLength: 1, maxLength: 4 });
const idOf = (n: number) => `00000000-0000-7000-9000-${String(n).padStart(12, '0')}`;

/** A world shortly before midnight. Holds are renewed in time, so that nothing expires by itself. */
async function aWorld(drawn: Facts[], sizes: { prompt: number; output: number }[]) {
  const story = await given(ledger, { at: '2031-06-15T23:59:30Z', parents: [null, 1], limits: drawn });
  const made = sizes.map((size, n) => story.call({ ...size, id: idOf(n), key: 2 }));
  return { story, made };
}

async function admitOpen(made: AdmitCall[]): Promise<AdmitCall[]> {
  const verdicts = await ledger.admit(made);
  await ledger.sql.unsafe(`update holds set lease_end = lease_end + interval '1 day'`).simple();
  return made.filter((_, n) => verdicts[n]!.verdict === 'admitted');
}

async function allTables(story: Story) {
  const { limits: counters, windows, ...rest } = await story.tables();
  const byLimit = <T extends { limit: number; startUs: number }>(rows: T[]) =>
    rows.toSorted((a, b) => a.limit - b.limit || a.startUs - b.startUs);
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, rows]) => [name, sorted(rows)])),
    limits: byLimit(counters),
    windows: byLimit(windows),
  };
}

/** Something happens while the batch waits for its limits. */
async function overtaken<T>(calls: Calls, change: Change, batch: () => Promise<T>): Promise<T> {
  const { work } = await other.begin(async (transaction) => {
    await transaction`select from limits for update`;
    const work = batch();
    work.catch(() => {});
    await waitsForALock(transaction, work);
    await change(ledgerOn(ledger.url, transaction), calls);
    return { work };
  });
  return work;
}

async function afterwards<T>(calls: Calls, change: Change, batch: () => Promise<T>): Promise<T> {
  await change(ledger, calls);
  return batch();
}

/** What a batch takes and charges is worked out before its limits are locked: no rule may hold for that plan alone. */
describe('a batch that waits for its limits', () => {
  it.each(Object.entries(ON_ADMISSION))(
    'is admitted as if it had come later when meanwhile %s',
    async (_, change) => {
      await fc.assert(
        fc.asyncProperty(limits, someTokens, someTokens, async (drawn, before, sizes) => {
          const results = [];
          for (const way of [overtaken, afterwards]) {
            const { story, made } = await aWorld(drawn, [...before, ...sizes]);
            const open = await admitOpen(made.slice(0, before.length));
            const calls = { story, open, batch: made.slice(before.length) };
            const verdicts = await way(calls, change, () => ledger.admit(calls.batch));
            results.push({ verdicts, ...(await allTables(story)) });
          }
          expect(results[0]).toEqual(results[1]);
          expect(results[0]).toMatchObject({ drift: [] });
        }),
        { numRuns: RUNS },
      );
    },
  );

  it.each(Object.entries(ON_SETTLEMENT))(
    'is settled as if it had come later when meanwhile %s',
    async (_, change) => {
      await fc.assert(
        fc.asyncProperty(limits, someTokens, someTokens, async (drawn, sizes, truths) => {
          const results = [];
          for (const way of [overtaken, afterwards]) {
            const { story, made } = await aWorld(drawn, sizes);
            const open = await admitOpen(made);
            const batch = open.slice(0, truths.length);
            const endings = batch.map((call, n) => story.ending(call, truths[n]!.prompt, truths[n]!.output));
            const calls = { story, batch, open: open.slice(truths.length) };
            const settled = batch.length > 0 && (await way(calls, change, () => ledger.settle(endings)));
            results.push({ settled, ...(await allTables(story)) });
          }
          expect(results[0]).toEqual(results[1]);
          expect(results[0]).toMatchObject({ drift: [] });
        }),
        { numRuns: RUNS },
      );
    },
  );
});

/** More with `LEDGER_RUNS`. */
const RUNS = Math.max(8, Math.ceil(Number(process.env.LEDGER_RUNS ?? 60) / 4));
