import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const database = connectedTo(url);
const sublet = new Sublet(url);
const a = tenancyOf(database);

const root = await a.consumer('root');
const child = await a.consumer('=child', { parentId: root.id });
const other = await a.consumer('other, "quoted"', { timeZone: 'UTC' });
const keys = { root: await a.key(root.id), child: await a.key(child.id), other: await a.key(other.id) };

type Owner = keyof typeof keys;

/** An hour's sums, as the ledger adds them up. */
const rollup = (hour: string, owner: Owner, model: string, prompt: number, cost: number) =>
  database.write((db) =>
    db.execute(sql`
      insert into rollups (hour, consumer_id, key_id, model, upstream, requests, failed, prompt, output, cost)
      select ${hour}, consumer_id, id, ${model}, ${model === 'b' ? '' : 'gpu-1'}, 2, 1, ${prompt}, 10, ${cost}
        from keys where id = ${keys[owner].id}`),
  );

// 16:00 in UTC is midnight in Shanghai.
await rollup('2026-07-31T15:00:00Z', 'root', 'a', 1, 1);
await rollup('2026-07-31T16:00:00Z', 'root', 'a', 100, 1_500_000);
await rollup('2026-08-01T16:00:00Z', 'child', 'a', 200, 2_000_001);
await rollup('2026-08-01T17:00:00Z', 'child', 'b', 300, 0);
await rollup('2026-08-31T15:00:00Z', 'other', 'a', 400, 4_000_000);
await rollup('2026-08-31T16:00:00Z', 'other', 'a', 1, 1);

const AUGUST = ['--from', '2026-08-01', '--to', '2026-08-31'];
const august = (...args: string[]) => sublet.json('usage', ...AUGUST, ...args);

describe('usage', () => {
  it('is of all consumers, from the first hour of a day to the last of another, in Shanghai', async () => {
    expect(await august()).toEqual({
      from: '2026-07-31T16:00:00.000Z',
      to: '2026-08-31T16:00:00.000Z',
      timeZone: 'Asia/Shanghai',
      rows: [],
      total: { requests: 8, failed: 4, prompt: 1000, output: 40, cost: 7_500_001 },
    });
  });

  it('of a consumer is that of all below it, too', async () => {
    const { rows, total } = await august('--consumer', 'root', '--by', 'consumer');
    expect(rows).toEqual([
      {
        consumerId: child.id,
        consumer: '=child',
        requests: 4,
        failed: 2,
        prompt: 500,
        output: 20,
        cost: 2_000_001,
      },
      {
        consumerId: root.id,
        consumer: 'root',
        requests: 2,
        failed: 1,
        prompt: 100,
        output: 10,
        cost: 1_500_000,
      },
    ]);
    expect(total.prompt).toBe(600);
    expect((await august('--consumer', '=child')).total.prompt).toBe(500);
  });

  it.each([
    ['day', 'day', ['2026-08-01', '2026-08-02', '2026-08-31']],
    [
      'hour',
      'hour',
      [
        '2026-07-31T16:00:00.000Z',
        '2026-08-01T16:00:00.000Z',
        '2026-08-01T17:00:00.000Z',
        '2026-08-31T15:00:00.000Z',
      ],
    ],
    ['model', 'model', ['a', 'b']],
    ['upstream', 'upstream', ['gpu-1', null]],
    ['key', 'keyId', [keys.other.id, keys.child.id, keys.root.id]],
  ])('by %s has a row for each', async (by, name, values) => {
    const { rows } = await august('--by', by);
    expect(rows.map((row: Record<string, unknown>) => row[name])).toEqual(values);
  });

  it('is narrowed to a key and a model, and days begin in another zone when asked', async () => {
    expect((await august('--key', keys.child.prefix, '--model', 'b')).total).toMatchObject({
      requests: 2,
      prompt: 300,
    });
    const inUtc = await august('--by', 'day', '--time-zone', 'utc');
    expect(inUtc.timeZone).toBe('UTC');
    expect(inUtc.rows.map((row: { day: string }) => row.day)).toEqual(['2026-08-01', '2026-08-31']);
    expect((await august('--consumer', String(other.id))).timeZone).toBe('UTC');
  });

  it('takes instants, from the hour they are in', async () => {
    const { total } = await sublet.json(
      'usage',
      '--from',
      '2026-08-02T00:30:00+08:00',
      '--to',
      '2026-08-02T01:00:00+08:00',
    );
    expect(total.prompt).toBe(200);
  });

  it('is a table for a person, with a total', async () => {
    const lines = (await sublet.text('usage', ...AUGUST, '--by', 'model')).split('\n');
    expect(lines[0]).toBe('2026-08-01 00:00 – 2026-09-01 00:00 Asia/Shanghai');
    expect(lines[2]).toMatch(/^MODEL +REQUESTS +FAILED +PROMPT +OUTPUT +COST \(YUAN\)$/);
    expect(lines[3]).toMatch(/^a +6 +3 +700 +30 +7\.500001$/);
    expect(lines[5]).toMatch(/^total +8 +4 +1,000 +40 +7\.500001$/);
  });

  it('is CSV for a spreadsheet, in which no name is a formula', async () => {
    expect(await sublet.text('usage', ...AUGUST, '--by', 'consumer', '--csv')).toBe(
      [
        'consumer_id,consumer,requests,failed,prompt,output,cost_yuan',
        `${other.id},"other, ""quoted""",2,1,400,10,4.00`,
        `${child.id},'=child,4,2,500,20,2.000001`,
        `${root.id},root,2,1,100,10,1.50`,
        '',
      ].join('\r\n'),
    );
    expect((await sublet.text('usage', ...AUGUST, '--csv')).split('\r\n')[1]).toBe('8,4,1000,40,7.500001');
  });

  it.each([
    [['--from', '2026-13-01'], 2],
    [['--from', 'yesterday'], 2],
    [['--by', 'week'], 2],
    [['--csv'], 2], // with --json
    [['--consumer', 'nobody'], 1],
    [['--time-zone', 'Mars/Phobos'], 1],
  ])('is not to be had with %j', async (args, exit) => {
    expect(await sublet.refusal('usage', ...args)).toMatchObject({ exit });
  });
});
