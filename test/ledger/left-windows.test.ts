import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given, type Story } from './given.ts';

let ledger: LedgerDatabase;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
});
afterEach(async () => expect(await ledger.drift()).toEqual([]));

const budget = (win: 'hour' | 'day' | 'month', amount = 100) => ({ metric: 'tokens', win, amount }) as const;
const instant = (us: number) => new Date(us / 1000).toISOString();

/** When the window that a limit is in ends, as its database says. */
async function endsAt(story: Story): Promise<string> {
  return instant((await story.limit()).endUs!);
}

describe('a window', () => {
  it('that begins after long silence is the one around now', async () => {
    const story = await given(ledger, { timeZone: 'Asia/Shanghai', limits: [budget('day')] });
    await story.isNow('2031-07-20T12:00:00Z');
    await story.admitted();
    expect(await story.limit()).toMatchObject({
      startUs: Date.parse('2031-07-19T16:00:00Z') * 1000,
      endUs: Date.parse('2031-07-20T16:00:00Z') * 1000,
    });
  });

  it('is kept to its end when the consumer moves to another zone, and the next one is of the new zone', async () => {
    const story = await given(ledger, { timeZone: 'Asia/Shanghai', limits: [budget('day')] });
    await ledger.sql`update consumers set time_zone = 'America/New_York'`;
    await story.admitted();
    expect(await endsAt(story)).toBe('2031-06-15T16:00:00.000Z');
    await story.isNow('2031-06-15T16:00:00Z');
    await story.admitted();
    expect(await story.limit()).toMatchObject({
      startUs: Date.parse('2031-06-15T16:00:00Z') * 1000,
      endUs: Date.parse('2031-06-16T04:00:00Z') * 1000,
    });
  });

  it('is not entered again by a clock that is set back over its start', async () => {
    const story = await given(ledger, { at: '2031-06-14T23:59:59Z', limits: [budget('day')] });
    await story.settle(await story.admitted({ output: 96 }), 4, 96);
    await story.isNow('2031-06-15T00:00:01Z');
    await story.settle(await story.admitted({ output: 46 }), 4, 46);
    await story.isNow('2031-06-14T23:59:00Z');
    const call = await story.admitted({ output: 46 });
    expect(await story.admit(story.call())).toMatchObject({ verdict: 'refused' });
    await story.settle(call, 4, 46);
    const { used, startUs, left } = await story.limit();
    expect({ used, start: instant(startUs) }).toEqual({ used: 100, start: '2031-06-15T00:00:00.000Z' });
    expect(left).toMatchObject([{ used: 100 }]);
  });

  it('that was left with open holds gets their charges all the same', async () => {
    const story = await given(ledger, { at: '2031-06-15T23:59:59Z', limits: [budget('day')] });
    const call = await story.admitted({ output: 50 });
    const failed = await story.admitted({ output: 20 });
    await story.isNow('2031-06-16T00:00:00Z');
    await story.admitted({ output: 96 }); // all of the new day, whatever is open of the old one
    await story.settle(call, 4, 30);
    await story.release(failed);
    const { used, held, left } = await story.limit();
    expect({ used, held }).toEqual({ used: 0, held: 100 });
    expect(left).toMatchObject([{ used: 34, held: 0 }]);
  });

  it('of a new limit begins with nothing used, now', async () => {
    const story = await given(ledger, { timeZone: 'Asia/Shanghai', limits: [budget('day')] });
    await story.settle(await story.admitted({ output: 96 }), 4, 96);
    await ledger.sql`insert into limits (id, consumer_id, metric, win, amount, strict)
      overriding system value values (2, 1, 'tokens', 'month', 1000, false)`;
    const month = (await story.tables()).limits.find(({ amount }) => amount === 1000)!;
    expect(month).toMatchObject({ used: 0, held: 0, peak: 1000 });
    expect(instant(month.endUs!)).toBe('2031-06-30T16:00:00.000Z');
  });
});
