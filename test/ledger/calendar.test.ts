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

/** Goes through the end of a window: full before it, full again after it. */
async function spendsTwice(story: Story, end: string): Promise<void> {
  await story.isNow(new Date(Date.parse(end) - 1).toISOString());
  const first = await story.admitted({ output: 96 });
  await story.settle(first, 4, 96);
  expect(await story.admit(story.call())).toMatchObject({ reason: 'quota' });
  await story.isNow(end);
  await story.settle(await story.admitted({ output: 96 }), 4, 96);
  expect(await story.admit(story.call())).toMatchObject({ reason: 'quota' });
  expect((await story.limit()).startUs).toBe(Date.parse(end) * 1000);
}

describe('a day', () => {
  it.each([
    ['Asia/Shanghai', '2031-06-15T12:00:00Z', '2031-06-15T16:00:00.000Z', '2031-06-16T16:00:00.000Z'],
    ['Asia/Kathmandu', '2031-06-15T12:00:00Z', '2031-06-15T18:15:00.000Z', '2031-06-16T18:15:00.000Z'],
    // The day that is 23 hours long, and the one that is 25.
    ['America/New_York', '2031-03-08T12:00:00Z', '2031-03-09T05:00:00.000Z', '2031-03-10T04:00:00.000Z'],
    ['America/New_York', '2031-11-01T12:00:00Z', '2031-11-02T04:00:00.000Z', '2031-11-03T05:00:00.000Z'],
    ['Europe/Berlin', '2031-03-29T12:00:00Z', '2031-03-29T23:00:00.000Z', '2031-03-30T22:00:00.000Z'],
    ['Europe/Berlin', '2031-10-25T12:00:00Z', '2031-10-25T22:00:00.000Z', '2031-10-26T23:00:00.000Z'],
    // Their clocks go from 23:59 to 01:00: the day begins there.
    ['America/Santiago', '2031-09-06T12:00:00Z', '2031-09-07T04:00:00.000Z', '2031-09-08T03:00:00.000Z'],
    ['Africa/Cairo', '2031-04-24T12:00:00Z', '2031-04-24T22:00:00.000Z', '2031-04-25T21:00:00.000Z'],
    // And from 23:59 to 23:00: the day ends an hour later.
    ['America/Santiago', '2031-04-05T12:00:00Z', '2031-04-06T04:00:00.000Z', '2031-04-07T04:00:00.000Z'],
    ['Africa/Cairo', '2031-10-30T12:00:00Z', '2031-10-30T22:00:00.000Z', '2031-10-31T22:00:00.000Z'],
  ])('in %s from %s ends at midnight there: %s', async (timeZone, at, end, next) => {
    const story = await given(ledger, { at, timeZone, limits: [budget('day')] });
    expect(await endsAt(story)).toBe(end);
    await spendsTwice(story, end);
    expect(await endsAt(story)).toBe(next);
  });

  it.each(['America/Havana', 'Atlantic/Azores'])(
    'in %s, where midnight comes twice, is granted once',
    async (timeZone) => {
      const at = timeZone === 'America/Havana' ? '2031-11-01T12:00:00Z' : '2031-10-25T12:00:00Z';
      const story = await given(ledger, { at, timeZone, limits: [budget('day')] });
      const granted: string[] = [];
      for (let quarter = 0; quarter < 48 * 4; quarter += 1) {
        await story.waits(15 * 60_000);
        const call = story.call({ output: 96 });
        const verdict = await story.admit(call);
        if (verdict.verdict !== 'admitted') continue;
        await story.settle(call, 4, 96);
        const { startUs, endUs } = await story.limit();
        granted.push(`${instant(startUs)} ${instant(endUs!)}`);
      }
      expect(granted).toHaveLength(3); // today, tomorrow, and the day after
      expect(new Set(granted.map((window) => window.slice(25))).size).toBe(3);
    },
  );
});

describe('a month', () => {
  it.each([
    ['Asia/Shanghai', '2031-06-15T12:00:00Z', '2031-06-30T16:00:00.000Z', '2031-07-31T16:00:00.000Z'],
    ['America/New_York', '2031-10-31T12:00:00Z', '2031-11-01T04:00:00.000Z', '2031-12-01T05:00:00.000Z'],
    ['Europe/Berlin', '2032-02-28T12:00:00Z', '2032-02-29T23:00:00.000Z', '2032-03-31T22:00:00.000Z'],
    ['Africa/Cairo', '2031-12-15T12:00:00Z', '2031-12-31T22:00:00.000Z', '2032-01-31T22:00:00.000Z'],
  ])('in %s from %s ends at %s', async (timeZone, at, end, next) => {
    const story = await given(ledger, { at, timeZone, limits: [budget('month')] });
    expect(await endsAt(story)).toBe(end);
    await spendsTwice(story, end);
    expect(await endsAt(story)).toBe(next);
  });
});

describe('an hour', () => {
  it('is UTC’s, also in a zone whose hours begin at a quarter past', async () => {
    const story = await given(ledger, { timeZone: 'Asia/Kathmandu', limits: [budget('hour')] });
    expect(await endsAt(story)).toBe('2031-06-15T13:00:00.000Z');
    await spendsTwice(story, '2031-06-15T13:00:00.000Z');
  });
});
