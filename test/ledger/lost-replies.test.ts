import type postgres from 'postgres';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  aLedgerDatabase,
  anotherConnection,
  type LedgerDatabase,
  ledgerOn,
} from '../helpers/ledger-database.ts';
import { given } from './given.ts';
import { waitsForALock } from './waits-for-a-lock.ts';

let ledger: LedgerDatabase;
/** A second connection, for what another process does meanwhile. */
let other: postgres.Sql;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
  other = anotherConnection(ledger);
});
afterEach(async () => expect(await ledger.drift()).toEqual([]));

const LIMITS = [
  { metric: 'tokens', win: 'day', amount: 1000 },
  { metric: 'requests', win: 'minute', amount: 5 },
  { metric: 'parallel', win: 'open', amount: 2 },
] as const;

describe('an admission whose reply was lost', () => {
  it('gets the same verdict when it is tried again, and holds once', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const call = story.call({ prompt: 100, output: 2000 });
    const { limits: _, ...first } = (await story.admit(call)) as { limits: unknown };
    await story.waits(500);
    expect(await story.admit(call)).toMatchObject(first);
    expect(await story.limit(1)).toMatchObject({ held: 1000 });
    expect(await story.limit(3)).toMatchObject({ held: 1 });
    expect((await story.limit(2)).tatUs).toBe(Date.parse('2031-06-15T12:00:12Z') * 1000);
  });

  it('gets the same verdict though its key was revoked meanwhile: the call is under way', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const call = story.call();
    await story.admit(call);
    await ledger.sql`update keys set status = 'revoked'`;
    expect(await story.admit(call)).toMatchObject({ verdict: 'admitted' });
    expect(await story.admit(story.call())).toMatchObject({ reason: 'key' });
  });

  it('is told that it is closed when it was given up meanwhile', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const call = story.call();
    await story.admit(call);
    await story.release(call);
    expect(await story.admit(call)).toMatchObject({ verdict: 'refused', reason: 'closed' });
    expect(await story.limit(1)).toMatchObject({ held: 0, used: 0 });
  });

  it.each(['with', 'without'])(
    'is admitted once when both tries arrive at once, %s limits',
    async (which) => {
      const story = await given(ledger, { limits: which === 'with' ? [...LIMITS] : [] });
      const call = story.call();
      const first = await other.begin(async (transaction) => {
        const verdicts = await ledgerOn(ledger.url, transaction).admit([call]);
        const meanwhile = ledger.admit([call]); // waits for what is not yet committed
        await waitsForALock(transaction, meanwhile);
        return { verdicts, meanwhile };
      });
      expect(first.verdicts[0]).toMatchObject({ verdict: 'admitted' });
      expect((await first.meanwhile)[0]).toMatchObject({ verdict: 'admitted' });
      expect((await story.tables()).holds).toHaveLength(1);
    },
  );
});

describe('an end', () => {
  it('that is told twice, also in one batch, changes nothing the second time', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const call = await story.admitted({ prompt: 100, output: 50 });
    expect(await story.settle(call, 90, 20)).toMatchObject({ state: 'closed', cost: 110 });
    expect(await story.settle(call, 10, 10)).toMatchObject({ state: 'final', cost: 110 });
    expect(await story.limit(1)).toMatchObject({ used: 110, held: 0 });
  });

  it('that nobody knows of is told so every time, also twice in one batch', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const call = story.call();
    const once = await story.settle(call, 90, 20);
    expect(once).toMatchObject({ state: 'unknown' });
    const ending = story.ending(call, 90, 20);
    expect(await ledger.settle([ending, ending])).toMatchObject([{ state: 'unknown' }, { state: 'unknown' }]);
  });

  it('that carries the echo of a hold which is there is no loss of that hold', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const call = await story.admitted({ prompt: 100, output: 50 });
    await story.settle(call, 90, 20, { echo: call.echo });
    expect(await story.receipt(call)).toMatchObject({ holdLost: false });
  });
});

describe('a correction', () => {
  it.each(['with', 'without'])('that is told twice at once is made once, %s limits', async (which) => {
    const story = await given(ledger, { limits: which === 'with' ? [...LIMITS] : [] });
    const call = await story.admitted({ prompt: 100, output: 50 });
    await story.renew(call, { progress: 20 });
    await story.waits(10_001);
    await ledger.sweep(10);
    const ending = story.ending(call, 80, 10);
    const { again } = await other.begin(async (transaction) => {
      await ledgerOn(ledger.url, transaction).settle([ending]);
      const again = ledger.settle([ending]);
      await waitsForALock(transaction, again);
      return { again };
    });
    expect(await again).toMatchObject([{ state: 'final', prompt: 80, output: 10 }]);
  });
});

describe('renewals of one call that travel together', () => {
  it('all count: what one of them knows is not forgotten for another', async () => {
    const story = await given(ledger, {});
    const call = await story.admitted();
    const still = { id: call.id, upstream: null, progress: 0, intervalMs: 1000 };
    await ledger.renew([
      { ...still, started: true, firstToken: false },
      { ...still, started: true, firstToken: true },
      { ...still, started: false, firstToken: false },
    ]);
    expect((await story.tables()).holds).toMatchObject([{ started: true, firstToken: true }]);
  });
});
