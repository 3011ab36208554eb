import { describe, expect, it } from 'vitest';
import { createDatabase, dropDatabase } from './databases.ts';
import { aDirectory, aServer, query } from './fixture.ts';

describe('the databases of a server', { timeout: 60_000 }, () => {
  it('are made once, dropped with their clients, and cloned by several at once', async () => {
    const { url } = await aServer(await aDirectory());
    const made = await Promise.all([createDatabase(url(), 'plain'), createDatabase(url(), 'plain')]);
    expect(made.sort()).toEqual([false, true]);

    await query(url('plain'), 'create table kept as select 42 as answer');
    const clones = ['clone-1', 'clone-2', 'clone-3'];
    await Promise.all(clones.map((clone) => createDatabase(url(), clone, { template: 'plain' })));
    for (const clone of clones) {
      expect(await query(url(clone), 'select answer from kept')).toEqual([{ answer: 42 }]);
    }

    const client = query(url('clone-1'), 'select pg_sleep(30)').catch((error) => error.message);
    await query(url(), 'select pg_sleep(0.3)');
    await dropDatabase(url(), 'clone-1');
    expect(await client).toMatch(/terminating connection|CONNECTION_/);
    await dropDatabase(url(), 'clone-1');
  });

  it('bear any name, whatever is written in it', async () => {
    const { url } = await aServer(await aDirectory());
    const name = 'a.b"; drop database postgres; --/ä?';
    const names = async () =>
      (await query(url(), 'select datname from pg_database')).map((row) => row.datname);
    await createDatabase(url(), name);
    expect(await names()).toContain(name);
    await dropDatabase(url(), name);
    expect(await names()).toEqual(expect.arrayContaining(['postgres']));
    expect(await names()).not.toContain(name);
  });
});
