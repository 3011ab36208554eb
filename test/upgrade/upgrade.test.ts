import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Caller } from '../helpers/chaos-caller.ts';
import { underLoad } from '../helpers/cluster-load.ts';
import { hasCommit } from './earlier-build.ts';
import { twoVersions } from './two-versions.ts';

/**
 * What was deployed before this: the newest commit whose schema this one has migrated since. The next version that
 * migrates puts the one before it here.
 */
const EARLIER = 'bcb0e3b472f42246c317ced04c5655db3d8c462e';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** The SQL of each migration, by its name. */
const migrationsIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

const versionOf = ({ headers }: Caller) => headers['x-fc-invocation-function-version'];

describe('an upgrade under load, and the way back', async () => {
  if (!(await hasCommit(EARLIER))) {
    it.skip(`needs the commit ${EARLIER}, which is not in this checkout: git fetch --unshallow`, () => {});
    return;
  }
  const { router, key, books, share, migrate, stage, earlier } = await twoVersions(EARLIER);

  const call = (name: string, wish: { stream?: boolean; gate?: string } = {}) => {
    const { stream = true, gate } = wish;
    const script = { call: name, says: 2, more: 2, everyMs: 2, ...(gate && { gate }) };
    return new Caller({ url: router.url, key }, { script, stream });
  };

  it('is one of the schema, too: the earlier migrations are the first of these, unchanged', () => {
    const before = migrationsIn(join(earlier.folder, 'migrations'));
    const now = migrationsIn(MIGRATIONS);
    expect(now).toMatchObject(before);
    expect(Object.keys(now).length).toBeGreaterThan(Object.keys(before).length);
  });

  it('fails no call and leaves the books right', async () => {
    const answered: Record<string, Caller[]> = {};
    const callers: Caller[] = [];
    /** Calls that began before the change and are still under way after it. */
    const long: Caller[] = [];
    const make = (index: number) => {
      const caller = call(`call ${index}`, { stream: index % 4 > 0 });
      callers.push(caller);
      return caller;
    };
    share(0);
    await underLoad(6, make, async (served) => {
      const phase = async (name: string, change: () => unknown) => {
        const lasting = call(`through ${name}`, { gate: 'the end' });
        await lasting.has(2);
        long.push(lasting);
        await change();
        const from = callers.length;
        await served(40);
        answered[name] = callers.slice(from, from + 24);
      };
      await phase('old code on the old schema', () => {});
      await phase('old code on the new schema', migrate);
      await phase('a canary', () => share(0.1));
      await phase('half and half', () => share(0.5));
      await phase('new code', () => share(1));
      await phase('half back', () => share(0.5));
      await phase('old code again', () => share(0));
    });
    stage.open('the end');
    await Promise.all(long.map(({ ended }) => ended));

    const meetings = Object.fromEntries(
      Object.entries(answered).map(([phase, of]) => [phase, [...new Set(of.map(versionOf))].sort()]),
    );
    expect(meetings).toEqual({
      'old code on the old schema': ['1'],
      'old code on the new schema': ['1'],
      'a canary': ['1', '2'],
      'half and half': ['1', '2'],
      'new code': ['2'],
      'half back': ['1', '2'],
      'old code again': ['1'],
    });
    const all = [...callers, ...long];
    const failed = all.filter(
      ({ status, pieces, code, broken }) => status !== 200 || pieces !== 4 || code !== undefined || broken,
    );
    expect(failed.map(({ name, status, body }) => ({ name, status, body }))).toEqual([]);
    const receipts = await books.receipts();
    expect(receipts.size).toBe(all.length);
    for (const { name, pieces } of all)
      expect(receipts.get(name)).toMatchObject({ outcome: 'settled', final: true, output: pieces });
    await books.expectSquare();
  });
});
