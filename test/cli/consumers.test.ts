import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const sublet = new Sublet(url);
const a = tenancyOf(connectedTo(url));

describe('a new consumer', () => {
  it('is a root, in Shanghai and with all models, unless it is said otherwise', async () => {
    const { consumer, limits } = await sublet.json('consumers', 'create', 'plain');
    expect(consumer).toMatchObject({
      name: 'plain',
      parentId: null,
      status: 'active',
      usable: true,
      models: null,
      timeZone: 'Asia/Shanghai',
    });
    expect(limits).toEqual([]);
  });

  it('comes below its parent, in its time zone, with models and limits', async () => {
    const parent = await a.consumer('parent', { timeZone: 'europe/berlin', models: ['a', 'b'] });
    const limits = ['--limit', 'tokens/month=500,requests/minute=5', '--limit', 'parallel=2'];
    const made = await sublet.json(
      'consumers',
      'create',
      'child',
      '--parent',
      'parent',
      '--models',
      'a',
      ...limits,
    );
    expect(made.consumer).toMatchObject({ parentId: parent.id, models: ['a'], timeZone: 'Europe/Berlin' });
    expect(made.consumer.path.map((each: { name: string }) => each.name)).toEqual(['parent', 'child']);
    expect(made.limits.map((each: { amount: number }) => each.amount).toSorted()).toEqual([2, 5, 500]);
  });

  it('is shown to a person, with what the catalog lacks on standard error', async () => {
    const { code, stdout, stderr } = await sublet.run(
      'consumers',
      'create',
      '研发部',
      '--models',
      'unheard-of',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^consumer +研发部$/m);
    expect(stdout).toMatch(/^models +unheard-of$/m);
    expect(stderr).toBe('The catalog does not have unheard-of: granted all the same.\n');
  });

  it('may not use what one above it may not', async () => {
    const { id } = await a.consumer('careful', { models: ['a'] });
    await a.consumer('careful child', { parentId: id });
    expect(
      await sublet.refusal('consumers', 'create', 'greedy', '--parent', 'careful child', '--models', 'a,b'),
    ).toEqual({
      exit: 1,
      code: 'above_ancestor',
      message: `Consumer 'careful' (${id}) may not use b, so nothing below it may.`,
    });
  });

  it('is not made at all when one of its limits is refused', async () => {
    const { id } = await a.consumer('small', { limits: ['tokens/month=10'] });
    const refusal = await sublet.refusal(
      'consumers',
      'create',
      'big',
      '--parent',
      'small',
      '--limit',
      'tokens/month=11',
    );
    expect(refusal).toMatchObject({ exit: 1, code: 'above_ancestor' });
    expect(refusal.message).toMatch(
      new RegExp(
        `^Consumer 'big' \\(\\d+\\) cannot have tokens/month=11: above it, consumer 'small' \\(${id}\\) has tokens/month=10.$`,
      ),
    );
    expect(await sublet.refusal('consumers', 'show', 'big')).toMatchObject({ exit: 1, code: 'not_found' });
  });

  it.each([
    [
      ['x', '--time-zone', 'Mars/Phobos'],
      1,
      "There is no time zone 'Mars/Phobos'. Write it as Asia/Shanghai or UTC.",
    ],
    [['x', '--parent', 'nobody'], 1, "There is no consumer 'nobody'."],
    [['x', '--parent', '99999999999'], 1, 'There is no consumer 99999999999.'],
    [['12'], 2, 'Name must not be a number: it would be taken for an id'],
    [[' '], 2, 'Name must not be empty'],
    [['x', '--models', ''], 2, 'Models must not be empty'],
  ])('is refused as %j', async (args, exit, message) => {
    expect(await sublet.refusal('consumers', 'create', ...args)).toMatchObject({ exit, message });
  });
});

describe('the list of consumers', () => {
  it('shows a tree, each before those below it, and retired ones when asked', async () => {
    const root = await a.consumer('tree');
    const branch = await a.consumer('branch', { parentId: root.id });
    const gone = await a.consumer('gone', { parentId: root.id });
    const leaf = await a.consumer('leaf', { parentId: branch.id });
    await sublet.text('consumers', 'retire', 'gone');
    const lines = (await sublet.text('consumers', 'list', '--tree')).split('\n');
    const from = lines.findIndex((line) => / tree /.test(line));
    expect(lines.slice(from, from + 3).map((line) => line.replace(/ +active.*/, ''))).toEqual([
      expect.stringMatching(/^\d+ +tree$/),
      expect.stringMatching(/^\d+ +branch$/),
      expect.stringMatching(/^\d+ +leaf$/),
    ]);
    expect(lines[from + 2]!.indexOf('leaf') - lines[from]!.indexOf('tree')).toBe(4);
    const { consumers } = await sublet.json('consumers', 'list', '--all');
    const ids = consumers.map((each: { id: number }) => each.id);
    expect(ids.slice(ids.indexOf(root.id))).toEqual([root.id, branch.id, leaf.id, gone.id]);
  });
});
