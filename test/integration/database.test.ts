import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Database, Drizzle } from '#shared/db/database.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';

let database: Database;
let url: string;

beforeAll(async () => {
  url = await aDatabaseUrl();
  database = connectedTo(url);
  await database.write((db) => db.execute(sql`create sequence tries`));
});

/** A statement that is counted, and whose connection dies under it. A sequence keeps its count whatever fails. */
const dying = (db: Drizzle) =>
  db.execute(sql`select nextval('tries'), pg_terminate_backend(pg_backend_pid())`);
const tries = async () => {
  const [row] = await database.read((db) =>
    db.execute<{ count: number }>(sql`select last_value::int as count from tries`),
  );
  return row!.count;
};

describe('a connection that dies under a statement', () => {
  it('lets a read be tried again, a bounded number of times', async () => {
    const before = await tries();
    await expect(database.read(dying)).rejects.toMatchObject({
      failure: 'gateway_not_ready',
      retryAfterMs: 2000,
    });
    expect((await tries()) - before).toBeGreaterThan(1);
    expect((await tries()) - before).toBeLessThanOrEqual(3);
  });

  it('never lets a write run twice', async () => {
    const before = await tries();
    await expect(database.write(dying)).rejects.toMatchObject({ failure: 'gateway_not_ready' });
    expect((await tries()) - before).toBe(1);
  });

  it('harms no statement after it', async () => {
    await expect(database.write(dying)).rejects.toThrow();
    const rows = await Promise.all(
      Array.from({ length: 20 }, () => database.read((db) => db.execute(sql`select 1 as one`))),
    );
    expect(rows.flat()).toEqual(Array(20).fill({ one: 1 }));
  });
});

describe('a statement that is wrong', () => {
  it('fails as what it is, at the first try', async () => {
    const wrong = database.read((db) => db.execute(sql`select nextval('tries'), 1 / 0`));
    await expect(wrong).rejects.toMatchObject({ cause: { code: '22012' } });
  });
});

describe('a server that is away', () => {
  it('is told to the caller without an address, and is found again when it is back', async () => {
    const away = connectedTo('postgres://u:hush@127.0.0.1:1/none');
    const error = await away.read((db) => db.execute(sql`select 1`)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ failure: 'gateway_not_ready' });
    expect((error as Error).message).not.toMatch(/127|hush/);
  });

  it('that never replies is given up after the query time-out', async () => {
    const impatient = connectedTo(url, { queryTimeoutMs: 100 });
    const slow = impatient.write((db) => db.execute(sql`select pg_sleep(600)`));
    await expect(slow).rejects.toMatchObject({ failure: 'gateway_not_ready' });
  });
});
