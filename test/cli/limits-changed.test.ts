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

describe('a limit that is changed', () => {
  it('keeps its counters; what was the most in force stays known', async () => {
    const { id } = await a.consumer('changing', { limits: ['tokens/month=100'] });
    await run(sql`update limits set used = 60, held = 20 where consumer_id = ${id}`);
    expect((await set('changing', 'tokens/month=200')).limits).toMatchObject([
      { amount: 200, used: 60, held: 20, left: 120 },
    ]);
    expect((await set('changing', 'tokens/month=50')).limits).toMatchObject([
      { amount: 50, used: 60, held: 20, left: 0 },
    ]);
    const rows = await run(sql`select peak::int from limits where consumer_id = ${id}`);
    expect([...rows]).toEqual([{ peak: 200 }]);
  });

  it('whose window is over has left it first: the new amount is of the window of now', async () => {
    const { id } = await a.consumer('late', { limits: ['tokens/day=100'] });
    await run(
      sql`update limits set used = 60, starts_at = now() - interval '3 days', ends_at = now() - interval '2 days' where consumer_id = ${id}`,
    );
    expect((await sublet.json('limits', 'list', '--consumer', 'late')).limits).toMatchObject([
      { used: 0, left: 100 },
    ]);
    expect((await set('late', 'tokens/day=30')).limits).toMatchObject([{ amount: 30, used: 0, left: 30 }]);
    const left = await run(
      sql`select w.used::int, w.peak::int, l.peak::int as now from windows w join limits l on l.id = w.limit_id where l.consumer_id = ${id}`,
    );
    expect([...left]).toMatchObject([{ used: 60, peak: 100 }]);
  });

  it('is not when another of the same command is refused', async () => {
    const { id } = await a.consumer('top', { limits: ['tokens/day=10'] });
    await a.consumer('below', { parentId: id, limits: ['tokens/month=5'] });
    const refusal = await sublet.refusal(
      'limits',
      'set',
      '--consumer',
      'below',
      'tokens/month=6',
      'tokens/day=11',
    );
    expect(refusal).toMatchObject({ exit: 1, code: 'above_ancestor' });
    expect((await sublet.json('limits', 'list', '--consumer', 'below')).limits).toMatchObject([
      { amount: 5 },
    ]);
    expect(
      await sublet.refusal('limits', 'set', '--consumer', 'top', 'parallel=1', 'parallel=2'),
    ).toMatchObject({
      exit: 1,
      message: 'Parallel is given twice.',
    });
  });
});

describe('a limit that is retired', () => {
  it('binds nobody any more, and its like begins anew', async () => {
    const { id } = await a.consumer('freed', { limits: ['tokens/total=10', 'parallel=1'] });
    await run(sql`update limits set used = 10 where consumer_id = ${id} and metric = 'tokens'`);
    const { retired } = await sublet.json('limits', 'retire', '--consumer', 'freed', 'tokens/total');
    expect(retired).toMatchObject([{ metric: 'tokens', used: 10 }]);
    expect((await sublet.json('limits', 'list', '--consumer', 'freed')).limits).toMatchObject([
      { metric: 'parallel' },
    ]);
    expect((await set('freed', 'tokens/total=10')).limits).toMatchObject([{ used: 0 }]);
  });

  it('must be there', async () => {
    expect(
      await sublet.refusal('limits', 'retire', '--consumer', 'freed', 'parallel', 'cost/day'),
    ).toMatchObject({
      exit: 1,
      code: 'not_found',
    });
    expect((await sublet.json('limits', 'list', '--consumer', 'freed')).limits).toHaveLength(2);
  });
});
