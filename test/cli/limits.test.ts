import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const database = connectedTo(url);
const sublet = new Sublet(url);
const a = tenancyOf(database);

const run = (statement: ReturnType<typeof sql>) => database.write((db) => db.execute(statement));
const set = (name: string, ...args: string[]) => sublet.json('limits', 'set', '--consumer', name, ...args);

describe('a new limit', () => {
  it('begins at nothing, now, and is strict for a month and in total', async () => {
    await a.consumer('fresh', { timeZone: 'Asia/Shanghai' });
    const kinds = [
      'tokens/month=1000',
      'requests/total=9',
      'tokens/day=500',
      'requests/minute=60',
      'parallel=4',
    ];
    const { limits, bound } = await set('fresh', ...kinds, 'cost/month=100.5yuan', 'cost/hour=7');
    const byKind = Object.fromEntries(
      limits.map((each: { metric: string; window: string }) => [`${each.metric}/${each.window}`, each]),
    );
    expect(byKind['tokens/month']).toMatchObject({
      amount: 1000,
      used: 0,
      held: 0,
      left: 1000,
      strict: true,
    });
    expect(new Date(byKind['tokens/month'].endsAt).toISOString()).toMatch(/T16:00:00.000Z$/); // midnight in Shanghai
    expect(byKind['requests/total']).toMatchObject({ strict: true, endsAt: null });
    expect(byKind['tokens/day']).toMatchObject({ strict: false });
    expect(byKind['requests/minute']).toMatchObject({ amount: 60, left: 60, startsAt: null, endsAt: null });
    expect(byKind['parallel/open']).toMatchObject({ amount: 4, left: 4, startsAt: null, endsAt: null });
    expect(byKind['cost/month'].amount).toBe(100_500_000);
    expect(byKind['cost/hour'].amount).toBe(7);
    expect(bound).toEqual([]);
  });

  it('is strict or not, as it is said', async () => {
    await a.consumer('free');
    expect((await set('free', 'tokens/month=5', '--no-strict')).limits).toMatchObject([{ strict: false }]);
    expect((await set('free', 'tokens/day=5', '--strict')).limits).toMatchObject([{ strict: true }]);
    expect((await set('free', 'tokens/day=6')).limits).toMatchObject([{ strict: true, amount: 6 }]);
  });

  it.each([
    ['tokens/month=-4', 'its amount must be a whole number from 0 to 2^53'],
    ['tokens/week=5', "'week' is no window; there are minute, hour, day, month, total"],
  ])('is not %s', async (limit, why) => {
    const refusal = await sublet.refusal('limits', 'set', '--consumer', 'fresh', limit);
    expect(refusal).toMatchObject({ exit: 2, code: 'usage' });
    expect(refusal.message).toContain(`'${limit}' is no limit: ${why}.`);
  });
});

describe('limits along a path', () => {
  it('are refused above the nearest that limits the same, with both named', async () => {
    const root = await a.consumer('root', { limits: ['tokens/month=100'] });
    const middle = await a.consumer('middle', { parentId: root.id });
    const leaf = await a.consumer('leaf', { parentId: middle.id });
    const key = await a.key(leaf.id);
    expect(await sublet.refusal('limits', 'set', '--consumer', 'leaf', 'tokens/month=101')).toEqual({
      exit: 1,
      code: 'above_ancestor',
      message: `Consumer 'leaf' (${leaf.id}) cannot have tokens/month=101: above it, consumer 'root' (${root.id}) has tokens/month=100.`,
    });
    await set('leaf', 'tokens/month=100', 'tokens/day=1000');
    expect((await sublet.refusal('limits', 'set', '--key', String(key.id), 'tokens/day=1001')).message).toBe(
      `Key 'test' (${key.id}) cannot have tokens/day=1001: above it, consumer 'leaf' (${leaf.id}) has tokens/day=1000.`,
    );
    await sublet.text('limits', 'set', '--key', String(key.id), 'tokens/day=1000');
    const { limits } = await sublet.json('limits', 'list', '--key', String(key.id), '--path');
    expect(limits.map((each: { owner: { name: string } }) => each.owner.name)).toEqual([
      'root',
      'leaf',
      'leaf',
      'test',
    ]);
  });

  it('bind those below that allow more, and say so', async () => {
    const { id } = await a.consumer('generous', { limits: ['cost/day=9000000'] });
    const child = await a.consumer('spender', { parentId: id, limits: ['cost/day=8000000'] });
    const key = await a.key(child.id, { limits: ['cost/day=7000000'] });
    const { code, stdout, stderr } = await sublet.run(
      'limits',
      'set',
      '--consumer',
      'generous',
      'cost/day=7.5yuan',
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `Allowed more, and bound by it from now on: consumer 'spender' (${child.id}) with cost/day=8.00yuan.\n`,
    });
    expect(stdout).toMatch(
      /^cost\/day +consumer generous \(\d+\) +7\.50 yuan +0\.00 yuan +0\.00 yuan +7\.50 yuan/m,
    );
    const { bound } = await set('generous', 'cost/day=1');
    expect(bound.map((each: { kind: string; id: number }) => [each.kind, each.id])).toEqual([
      ['consumer', child.id],
      ['key', key.id],
    ]);
  });
});

describe('the list of limits', () => {
  it('shows what is out of a rate’s minute, and how many calls are open', async () => {
    const { id } = await a.consumer('busy', { limits: ['requests/minute=60', 'parallel=4'] });
    await run(sql`update limits set held = 3 where consumer_id = ${id} and win = 'open'`);
    // Far ahead, so that it stays full however long the test takes.
    await run(
      sql`update limits set tat_us = (extract(epoch from now()) * 1000000)::bigint + 3600000000 where consumer_id = ${id} and win = 'minute'`,
    );
    const { limits } = await sublet.json('limits', 'list', '--consumer', 'busy');
    expect(limits).toMatchObject([
      { metric: 'parallel', held: 3, left: 1 },
      { metric: 'requests', used: 60, left: 0 },
    ]);
  });

  it('shows all where no owner is named, and takes one owner only', async () => {
    const { limits } = await sublet.json('limits', 'list');
    expect(new Set(limits.map((each: { owner: { name: string } }) => each.owner.name)).size).toBeGreaterThan(
      1,
    );
    expect(await sublet.refusal('limits', 'list', '--consumer', 'busy', '--key', '1')).toMatchObject({
      exit: 2,
    });
    expect(await sublet.refusal('limits', 'set', 'parallel=1')).toMatchObject({ exit: 2 });
  });
});
