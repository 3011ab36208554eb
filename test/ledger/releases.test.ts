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

describe('a release', () => {
  it('that overtakes its admission closes the call: it is refused when it arrives', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const call = story.call();
    expect(await story.release(call)).toMatchObject({ state: 'closed', outcome: 'void' });
    expect(await story.admit(call)).toMatchObject({ verdict: 'refused', reason: 'closed' });
    expect(await story.limit(1)).toMatchObject({ used: 0, held: 0 });
  });

  it('that overtakes its admission twice is one release', async () => {
    const story = await given(ledger, {});
    const call = story.call();
    await story.release(call);
    expect(await story.release(call)).toMatchObject({ state: 'final', outcome: 'void' });
  });

  it('that comes while its admission is being written leaves the call either open or closed, never both', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const call = story.call();
    const released = await other.begin(async (transaction) => {
      await ledgerOn(ledger.url, transaction).admit([call]);
      const release = story.release(call);
      await waitsForALock(transaction, release);
      return { release };
    });
    await released.release;
    const { holds, receipts } = await story.tables();
    expect.soft(holds.length + receipts.length).toBe(1);
    await story.waits(60_000);
    expect(await story.admit(story.call()).catch(String)).toMatchObject({ verdict: 'admitted' });
  });

  it('that is told twice at once is told both times that it is done', async () => {
    const story = await given(ledger, {});
    const call = story.call();
    const ending = { ...story.ending(call, 0, 0), outcome: 'released' as const };
    const settled = await other.begin(async (transaction) => {
      await ledgerOn(ledger.url, transaction).settle([ending]);
      const again = story.release(call);
      await waitsForALock(transaction, again);
      return { again };
    });
    expect(await settled.again).toMatchObject({ outcome: 'void' });
  });
});
