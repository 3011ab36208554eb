import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import type { AdmitCall, SettleCall } from './contract.ts';
import { given, type Story } from './given.ts';
import { type Random, randomOf } from './random.ts';
import { eightRouters, ROUNDS } from './routers.ts';

let ledger: LedgerDatabase;
let routers: LedgerDatabase[];

beforeAll(async () => {
  ledger = await aLedgerDatabase();
  routers = await eightRouters(ledger);
});

describe('many routers at once', () => {
  it('never deadlock, never drift, and never pass an amount, whatever they do to the same tenants', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const story = await given(ledger, aBusyWorld());
        const open: AdmitCall[] = [];
        await all(routers.map((router, index) => lives(router, story, open, randomOf(seed + index))));
        expect(await ledger.drift()).toEqual([]);
        await story.waits(60_000);
        await all(routers.map((router) => sweepsAll(router)));
        expect((await story.tables()).holds).toEqual([]);
        expect(await ledger.drift()).toEqual([]);
      }),
      { numRuns: ROUNDS, endOnFailure: true },
    );
  }, 600_000);

  it('leave each call open or closed, never both, when they give up admissions that are under way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const story = await given(ledger, aBusyWorld());
        const pairs = [0, 2, 4, 6].map((n) => ({ admits: routers[n]!, settles: routers[n + 1]! }));
        await all(pairs.map((router, index) => givesUp(router, story, randomOf(seed + index))));
        expect(await ledger.drift()).toEqual([]);
        expect((await story.tables()).holds).toEqual([]);
      }),
      { numRuns: ROUNDS, endOnFailure: true },
    );
  }, 600_000);
});

/** Everything ends before anything is said to have failed: what is still under way would disturb the next round. */
async function all(work: Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work))
    if (outcome.status === 'rejected') throw outcome.reason;
}

/** Two tenants of some depth, one of whose children has no limit at all, and a third without any. */
function aBusyWorld(): Parameters<typeof given>[1] {
  const tokens = { metric: 'tokens', win: 'hour', amount: 6000 } as const;
  return {
    parents: [null, 1, 2, 2, null, 5, null],
    limits: [
      tokens,
      { ...tokens, amount: 4000, consumerId: 2, strict: true },
      { metric: 'cost', win: 'day', amount: 5000, consumerId: 3 },
      { metric: 'parallel', win: 'open', amount: 12, consumerId: 5 },
      { metric: 'tokens', win: 'minute', amount: 50_000, consumerId: 6 },
      { metric: 'requests', win: 'day', amount: 500, keyId: 4 },
    ],
  };
}

/** What one router does in its life: admits, admits again, renews, settles, releases, sweeps; time passes meanwhile. */
async function lives(router: LedgerDatabase, story: Story, open: AdmitCall[], random: Random): Promise<void> {
  const some = () => open[Math.floor(random() * open.length)]!;
  for (let step = 0; step < 40; step += 1) {
    const dice = random();
    const size = 1 + Math.floor(random() * 8);
    if (dice < 0.45 || open.length === 0) {
      const fresh = Array.from({ length: size }, () => aCall(story, random));
      const again = open.length > 0 && random() < 0.4 ? [some(), some()] : [];
      const verdicts = await router.admit([...fresh, ...again]);
      open.push(...fresh.filter((_, index) => verdicts[index]!.verdict === 'admitted'));
    } else if (dice < 0.8) {
      await router.settle(Array.from({ length: size }, () => anEnd(story, some(), random)));
    } else if (dice < 0.92) {
      const still = { started: true, upstream: 'a', firstToken: true, intervalMs: 1000 };
      await router.renew(Array.from({ length: size }, () => ({ ...still, id: some().id, progress: size })));
    } else if (dice < 0.97) {
      await router.sweep(4);
    } else {
      await story.waits(4000);
    }
  }
}

interface Router {
  admits: LedgerDatabase;
  settles: LedgerDatabase;
}

/** Admits, and releases the same calls on its other connection before it knows what became of them. */
async function givesUp({ admits, settles }: Router, story: Story, random: Random): Promise<void> {
  for (let step = 0; step < 25; step += 1) {
    const calls = Array.from({ length: 1 + Math.floor(random() * 6) }, () => aCall(story, random));
    const releases = calls.map((call) => ({ ...anEnd(story, call, random), outcome: 'released' as const }));
    await Promise.all([admits.admit(calls), settles.settle(releases)]);
  }
}

const aCall = (story: Story, random: Random) =>
  story.call({
    key: 1 + Math.floor(random() * 7),
    prompt: 4 + Math.floor(random() * 100),
    output: Math.floor(random() * 100),
  });

const anEnd = (story: Story, call: AdmitCall, random: Random): SettleCall => ({
  ...story.ending(call, Math.floor(random() * 120), Math.floor(random() * 80)),
  outcome: random() < 0.8 ? 'settled' : 'released',
});

async function sweepsAll(router: LedgerDatabase): Promise<void> {
  while ((await router.sweep(16)) > 0);
}
