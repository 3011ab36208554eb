import { beforeEach, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given } from '../ledger/given.ts';
import { aConsole, type TestConsole } from './a-console.ts';

let ledger: LedgerDatabase;
let console: TestConsole;
beforeEach(async () => {
  ledger = await aLedgerDatabase({ maxConnections: 2 });
  console = await aConsole(ledger.url);
});

/** The samples of a family, without its prefix. */
async function shown(name: string): Promise<Record<string, number>> {
  const samples = [...(await console.scrape())].filter(([series]) => series.split('{', 1)[0] === name);
  return Object.fromEntries(samples.map(([series, value]) => [series.slice(name.length), value]));
}

describe('limits of root consumers', () => {
  const limits = [
    { metric: 'tokens', win: 'day', amount: 100 },
    { metric: 'parallel', win: 'open', amount: 4 },
    { metric: 'requests', win: 'minute', amount: 1 },
  ] as const;

  it('are shown as shares, used and held; rates are not', async () => {
    const story = await given(ledger, { limits: [...limits] });
    await story.settle(await story.admitted({ prompt: 10, output: 10 }), 10, 10);
    await story.waits(60_000);
    await story.admitted({ prompt: 10, output: 50 });
    expect(await shown('gateway_limit_used_ratio')).toEqual({
      '{consumer="1",metric="tokens",window="day"}': 0.2,
      '{consumer="1",metric="parallel",window="open"}': 0,
    });
    expect(await shown('gateway_limit_held_ratio')).toEqual({
      '{consumer="1",metric="tokens",window="day"}': 0.6,
      '{consumer="1",metric="parallel",window="open"}': 0.25,
    });
    expect(await shown('gateway_limits')).toEqual({
      '{metric="parallel",window="open"}': 1,
      '{metric="tokens",window="day"}': 1,
    });
    expect(await shown('gateway_limits_nearly_full')).toMatchObject({ '{metric="tokens",window="day"}': 1 });
    expect(await shown('gateway_limits_full')).toMatchObject({ '{metric="tokens",window="day"}': 0 });
  });

  it('are empty when their window is over, though nobody has called since', async () => {
    const story = await given(ledger, { limits: [limits[0]] });
    await story.settle(await story.admitted({ prompt: 90, output: 10 }), 90, 10);
    expect(await shown('gateway_limits_full')).toEqual({ '{metric="tokens",window="day"}': 1 });
    await story.waits(86_400_000);
    expect(await shown('gateway_limits_full')).toEqual({ '{metric="tokens",window="day"}': 0 });
    expect(Object.values(await shown('gateway_limit_used_ratio'))).toEqual([0]);
  });

  it('are shown of so many of the fullest only, and of nobody below a landlord', async () => {
    const parents = [...Array.from({ length: 15 }, () => null), 1];
    const owned = parents.map((_, index) => ({
      ...({ metric: 'tokens', win: 'total', amount: 1_000, consumerId: index + 1 } as const),
      used: 10 * index,
    }));
    await given(ledger, { parents, limits: owned });
    await ledger.sql`update limits set used = 10 * consumer_id`;
    const ratios = await shown('gateway_limit_used_ratio');
    expect(Object.values(ratios)).toEqual([15, 14, 13, 12, 11, 10, 9, 8, 7, 6].map((n) => n / 100));
    const quiet = await aConsole(ledger.url, { METRICS_TOP_LIMITS: '0' });
    expect([...(await quiet.scrape()).keys()].join('\n')).not.toContain('consumer=');
  });
});

describe('budgets of a day, a month and all time', () => {
  it('are not pushed out by what is full for a moment', async () => {
    const owners = Array.from({ length: 12 }, (_, index) => index + 1);
    const full = owners.flatMap((consumerId) => [
      { metric: 'requests', win: 'hour', amount: 100, consumerId } as const,
      { metric: 'parallel', win: 'open', amount: 100, consumerId } as const,
    ]);
    const month = { metric: 'tokens', win: 'month', amount: 100, consumerId: 1 } as const;
    await given(ledger, { parents: owners.map(() => null), limits: [...full, month] });
    await ledger.sql`update limits set held = 99 where win <> 'month'`;
    await ledger.sql`update limits set used = 85 where win = 'month'`;
    expect(await shown('gateway_limit_used_ratio')).toMatchObject({
      '{consumer="1",metric="tokens",window="month"}': 0.85,
    });
    expect(Object.keys(await shown('gateway_limit_held_ratio'))).toHaveLength(10 + 1); // as many of the others as ever
  });
});

describe('the ledger', () => {
  it('is checked by the timer from time to time, and what was found is shown', async () => {
    const story = await given(ledger, { limits: [{ metric: 'tokens', win: 'day', amount: 100 }] });
    expect(await shown('gateway_ledger_drift_rows')).toEqual({});
    await story.settle(await story.admitted(), 4, 4);
    await console.timer();
    expect(await shown('gateway_ledger_drift_rows')).toEqual({ '': 0 });
    await ledger.sql`update limits set used = used + 1`;
    await console.timer();
    expect(await shown('gateway_ledger_drift_rows')).toEqual({ '': 0 });
    await ledger.sql`update ledger_checks set checked_at = checked_at - interval '1 hour'`;
    await console.timer();
    expect(await shown('gateway_ledger_drift_rows')).toEqual({ '': 1 });
    expect(console.errors).toEqual([{ event: 'drift', rows: 1 }]);
  });

  it('is checked though receipts cannot be counted', async () => {
    await ledger.sql`alter table metric_totals rename to metric_totals_away`;
    const story = await given(ledger, {});
    await story.settle(await story.admitted(), 4, 4);
    await story.waits(10_000);
    await expect(console.timer()).rejects.toThrow('metric_totals');
    expect(await ledger.sql`select drift_rows::int as rows from ledger_checks`).toEqual([{ rows: 0 }]);
  });

  it('is not read again at once where that took too long', async () => {
    const hasty = await aConsole(ledger.url, { LEDGER_CHECK_TIMEOUT_MS: '300' });
    const lock = await ledger.sql.reserve();
    await lock.unsafe('begin; lock table limits in access exclusive mode').simple();
    await expect(hasty.timer()).rejects.toThrow();
    await lock.unsafe('commit').simple();
    lock.release();
    await hasty.timer();
    expect(await shown('gateway_ledger_drift_rows')).toEqual({});
    await console.timer();
    expect(await shown('gateway_ledger_drift_rows')).toEqual({ '': 0 });
  });
});
