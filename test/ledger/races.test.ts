import { beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import type { AdmitCall, AdmitResult } from './contract.ts';
import { given } from './given.ts';
import { eightRouters, ROUNDS } from './routers.ts';

let ledger: LedgerDatabase;
let routers: LedgerDatabase[];

beforeAll(async () => {
  ledger = await aLedgerDatabase();
  routers = await eightRouters(ledger);
});

/** Calls dealt to routers in batches, all of them sent at once. */
async function race(calls: AdmitCall[], batchSize: number): Promise<AdmitResult[]> {
  const batches = Array.from({ length: Math.ceil(calls.length / batchSize) }, (_, n) =>
    calls.slice(n * batchSize, (n + 1) * batchSize),
  );
  const verdicts = await Promise.all(
    routers.map(async (router, index) => {
      const mine = batches.filter((_, n) => n % routers.length === index);
      const answers: AdmitResult[] = [];
      for (const batch of mine) answers.push(...(await router.admit(batch)));
      return answers;
    }),
  );
  return verdicts.flat();
}

const admittedOf = (verdicts: AdmitResult[]) =>
  verdicts.filter(({ verdict }) => verdict === 'admitted').length;
const rounds = Array.from({ length: ROUNDS }, (_, n) => n + 1);

describe('calls that race for the last of a budget', () => {
  it.each(rounds)('are let through exactly as often as it has room, round %i', async (round) => {
    const limits = [{ metric: 'requests', win: 'day', amount: 37 } as const];
    const story = await given(ledger, { limits });
    const verdicts = await race(
      Array.from({ length: 80 }, () => story.call()),
      1 + (round % 7),
    );
    expect(admittedOf(verdicts)).toBe(37);
    expect(await story.limit()).toMatchObject({ held: 37 });
    expect(await ledger.drift()).toEqual([]);
  });

  it.each(rounds)(
    'of tokens, strictly, are let through exactly as often as it has room, round %i',
    async () => {
      const limits = [{ metric: 'tokens', win: 'total', amount: 310 * 12 + 309, strict: true } as const];
      const story = await given(ledger, { limits, model: { minOutput: 10 } });
      const calls = Array.from({ length: 60 }, () => story.call({ prompt: 50, bytes: 44, output: 10 })); // 300 + 10
      expect(admittedOf(await race(calls, 3))).toBe(12);
      expect(await ledger.drift()).toEqual([]);
    },
  );

  it.each(rounds)('of a parent, which its children share, round %i', async () => {
    const parents = [null, 1, 1, 2, 3];
    const limits = [
      { metric: 'requests', win: 'month', amount: 20 } as const,
      ...[2, 3, 4, 5].map(
        (consumerId) => ({ metric: 'requests', win: 'month', amount: 15, consumerId }) as const,
      ),
    ];
    const story = await given(ledger, { parents, limits });
    const calls = Array.from({ length: 96 }, (_, n) => story.call({ key: [2, 3, 4, 5][n % 4]! }));
    expect(admittedOf(await race(calls, 5))).toBe(20);
    expect(await story.limit(1)).toMatchObject({ held: 20 });
    expect(await ledger.drift()).toEqual([]);
  });

  it('of a rate, are let through exactly as often as a minute has room', async () => {
    const limits = [{ metric: 'requests', win: 'minute', amount: 25 } as const];
    const story = await given(ledger, { limits });
    expect(
      admittedOf(
        await race(
          Array.from({ length: 80 }, () => story.call()),
          4,
        ),
      ),
    ).toBe(25);
  });

  it('of places, are let through exactly as often as there are places', async () => {
    const limits = [{ metric: 'parallel', win: 'open', amount: 9 } as const];
    const story = await given(ledger, { limits });
    expect(
      admittedOf(
        await race(
          Array.from({ length: 80 }, () => story.call()),
          4,
        ),
      ),
    ).toBe(9);
  });
});
