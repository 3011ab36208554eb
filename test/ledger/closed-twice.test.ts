import type postgres from 'postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  aLedgerDatabase,
  anotherConnection,
  type LedgerDatabase,
  ledgerOn,
} from '../helpers/ledger-database.ts';
import { given } from './given.ts';
import { waitsForALock } from './waits-for-a-lock.ts';

let ledger: LedgerDatabase;
/** What two other processes do meanwhile. */
let others: [postgres.Sql, postgres.Sql];

beforeAll(async () => {
  ledger = await aLedgerDatabase();
  others = [anotherConnection(ledger), anotherConnection(ledger)];
});

describe('a call without limits', () => {
  it('that is admitted while it is released, and settled at that moment, is counted once', async () => {
    const story = await given(ledger, {});
    const [expired, late] = [await story.admitted(), story.call()];
    await story.renew(expired);
    await story.waits(60_000);
    await ledger.sweep(1);
    const [keeper, other] = others;
    const { promise: letGo, resolve: goOn } = Promise.withResolvers<void>();
    const { release, settled } = await keeper.begin(async (keeping) => {
      // A batch with the release of a call that it has not found stands before a receipt that is kept.
      await keeping`select from receipts for update`;
      const released = { ...story.ending(late, 0, 0), outcome: 'released' as const };
      const release = ledger.settle([story.ending(expired, 5, 5), released]);
      await waitsForALock(keeping, release);
      // Meanwhile the call comes after all, and is being settled when the batch gets to it.
      await ledgerOn(ledger.url, other).admit([late]);
      const { promise: isWritten, resolve: written } = Promise.withResolvers<void>();
      const settled = other.begin(async (settling) => {
        await ledgerOn(ledger.url, settling).settle([story.ending(late, 5, 5)]);
        written();
        await letGo;
        await waitsForALock(settling, release);
      });
      await isWritten;
      return { release, settled };
    });
    goOn();
    await settled;
    await release;
    expect(await ledger.drift()).toEqual([]);
  });
});
