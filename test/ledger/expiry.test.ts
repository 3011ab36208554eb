import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given } from './given.ts';

let ledger: LedgerDatabase;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
});
afterEach(async () => expect(await ledger.drift()).toEqual([]));

const daily = (amount: number) => ({ limits: [{ metric: 'tokens', win: 'day', amount } as const] });

describe('a call whose router is gone', () => {
  it('costs nothing when no upstream was asked, and that is final', async () => {
    const story = await given(ledger, daily(1000));
    const call = await story.admitted({ prompt: 100, output: 50 });
    await story.waits(10_001);
    expect(await ledger.sweep(10)).toBe(1);
    expect(await story.settle(call, 90, 10)).toEqual({
      ...{ state: 'final', outcome: 'expired', prompt: 0, output: 0, cost: 0 },
    });
    expect(await story.limit()).toMatchObject({ used: 0, held: 0 });
  });

  it('is not expired at the end of its lease, but after it', async () => {
    const story = await given(ledger, daily(1000));
    await story.admitted();
    await story.waits(10_000);
    expect(await ledger.sweep(10)).toBe(0);
    await story.waits(1);
    expect(await ledger.sweep(10)).toBe(1);
  });

  it('is swept by a batch of its tenant, also where a call with an unknown key comes first in it', async () => {
    const story = await given(ledger, { limits: [{ metric: 'parallel', win: 'open', amount: 1 }] });
    await story.admitted();
    await story.waits(10_001);
    const [unknown, next] = await ledger.admit([story.call({ key: 999 }), story.call()]);
    expect(unknown).toMatchObject({ verdict: 'refused', reason: 'key' });
    expect(next).toMatchObject({ verdict: 'admitted' });
  });

  it('costs what was heard of and one more interval at the usual speed, once a first token came', async () => {
    const story = await given(ledger, daily(1000));
    const call = await story.admitted({ prompt: 100, output: 500 });
    await story.renew(call, { progress: 20, firstToken: true, intervalMs: 4000 });
    await story.waits(100_000);
    await ledger.sweep(10);
    expect(await story.receipt(call)).toMatchObject({
      ...{ outcome: 'expired', final: false, prompt: 100 },
      output: 20 + Math.floor((call.rate * 4) / 1000),
    });
  });

  it('costs the same whenever it is swept, and by whom', async () => {
    const renewals = fc.array(
      fc.record({
        waitMs: fc.nat(9_999),
        progress: fc.nat(300),
        firstToken: fc.boolean(),
        started: fc.boolean(),
        intervalMs: fc.constantFrom(1000, 2000, 4000, 8000, 10_000),
      }),
      { maxLength: 4 },
    );
    const late = fc.tuple(fc.integer({ min: 1, max: 86_400_000 * 40 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(renewals, late, late, async (heard, ...sweeps) => {
        const charges = [];
        for (const [lateMs, byAdmission] of sweeps) {
          const story = await given(ledger, daily(1000));
          const call = await story.admitted({ prompt: 100, output: 200 });
          for (const { waitMs, ...renewal } of heard) {
            await story.waits(waitMs);
            await story.renew(call, renewal);
          }
          await story.waits(30_000 + lateMs);
          if (byAdmission) await story.admit(story.call({ output: 1_000_000 }));
          else await ledger.sweep(10);
          const { prompt, output, cost, final } = (await story.receipt(call))!;
          charges.push({ prompt, output, cost, final });
        }
        expect(charges[0]).toEqual(charges[1]);
      }),
      { numRuns: 15 },
    );
  });

  it('is told so when it comes back: its router must end it', async () => {
    const story = await given(ledger, daily(1000));
    const call = await story.admitted();
    await story.renew(call);
    await story.waits(10_001);
    await ledger.sweep(10);
    expect(await story.renew(call, { progress: 30 })).toBe('gone');
  });
});

describe('a consumer whose places are all taken by dead holds', () => {
  const parallel = (amount: number) => ({ limits: [{ metric: 'parallel', win: 'open', amount } as const] });

  it('is let in by its very next admission', async () => {
    const story = await given(ledger, parallel(3));
    for (let n = 0; n < 3; n += 1) await story.admitted();
    expect(await story.admit(story.call())).toMatchObject({ reason: 'parallel' });
    await story.waits(10_001);
    expect(await story.admit(story.call())).toMatchObject({ verdict: 'admitted' });
    expect(await story.limit()).toMatchObject({ held: 1 });
  });

  it.each([
    [1, 2],
    [2, 1],
  ])('is swept first when its call (of %i, before that of %i) came first', async (first, second) => {
    const full = { metric: 'parallel', win: 'open', amount: 16 } as const;
    const limits = [1, 2].map((consumerId) => ({ ...full, consumerId }));
    const story = await given(ledger, { parents: [null, null], limits });
    for (const key of [1, 2]) await ledger.admit(Array.from({ length: 16 }, () => story.call({ key })));
    await story.waits(10_001);
    const verdicts = await ledger.admit([story.call({ key: first }), story.call({ key: second })]);
    expect(verdicts).toMatchObject([{ verdict: 'admitted' }, { reason: 'again' }]);
  });

  it('is asked to try again as long as more than a batch may sweep are in its way', async () => {
    const story = await given(ledger, parallel(40));
    await ledger.admit(Array.from({ length: 40 }, () => story.call()));
    await story.waits(10_001);
    const batch = Array.from({ length: 40 }, () => story.call());
    const [first, second, third] = [
      await ledger.admit(batch),
      await ledger.admit(batch),
      await ledger.admit(batch),
    ];
    const reasons = (verdicts: typeof first) =>
      verdicts
        .filter(({ verdict }) => verdict === 'refused')
        .map((verdict) => 'reason' in verdict && verdict.reason);
    expect(reasons(first)).toEqual(Array(24).fill('again'));
    expect(reasons(second)).toEqual(Array(8).fill('again'));
    expect(reasons(third)).toEqual([]);
  });
});
