import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import { aDatabaseUrl } from '../helpers/database.ts';

const CONSUMERS = 10_000;
const RECEIPTS = 1_000_000;
const CALLS = 64;

/** A call has a path of four limits here; no look-up should find more than that for each. */
const ROWS_AT_MOST = CALLS * 8;

let sql: postgres.Sql;
const plans: string[] = [];

beforeAll(async () => {
  const onnotice = ({ message = '' }: postgres.Notice) => plans.push(message);
  sql = postgres(await aDatabaseUrl(), { max: 1, onnotice, prepare: false });
  // The worst of plans: made while all tables are empty, and kept, since nobody analyses them.
  for (const table of ['holds', 'receipts', 'rollups', 'limits', 'consumers', 'keys'])
    await sql.unsafe(`alter table ${table} set (autovacuum_enabled = false)`);
  await admit();
  await renew();
  await settle();
  await sweep();
  await fill();
  await sql.unsafe(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
                    set auto_explain.log_analyze = on; set auto_explain.log_timing = off;
                    set client_min_messages = log`);
  return () => sql.end();
}, 180_000);

/** A landlord with ten thousand tenants, each with a key and two limits, and a million calls that are over. */
async function fill(): Promise<void> {
  await sql`insert into models (name, context_tokens) values ('m', 8192)`;
  await sql`insert into consumers (name, root_id, path, depth) values ('landlord', 0, '{}', 0)`;
  await sql`insert into consumers (name, parent_id, root_id, path, depth)
            select 'tenant ' || i, 1, 0, '{}', 0 from generate_series(2, ${CONSUMERS}::int) i`;
  await sql`insert into keys (public_id, hmac, consumer_id, name, prefix)
            select 'key' || id, sha256(id::text::bytea), id, 'key', 'sk' from consumers order by id`;
  await sql`insert into limits (consumer_id, metric, win, amount)
            select id, kind.metric, kind.win, 1e12 from consumers, (values ('tokens', 'month'), ('requests', 'day')) kind (metric, win)`;
  await sql`insert into receipts (request_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held, strict,
              latin, cjk, other, messages, images, upstream, admitted_at, line_limit, line_start, line_amount, line_excess,
              outcome, final, source, prompt, output, closed_at)
            select gen_random_uuid(), n % ${CONSUMERS} + 1, n % ${CONSUMERS} + 1, 1, 'm', 0, 10, 10, 10, false,
                   40, 0, 0, 1, 0, 'u', now(), '{}', '{}', '{}', '{}', 'settled', true, 'reported', 10, 10, now()
              from generate_series(1, ${RECEIPTS}::int) n`;
  await sql`insert into rollups (hour, consumer_id, key_id, model, upstream)
            select now() - h * interval '1 hour', c, c, 'm', 'u' from generate_series(1, 10) h, generate_series(1, ${CONSUMERS}::int) c`;
}

async function call(name: string, calls: object[]): Promise<unknown[]> {
  const [row] = await sql
    .unsafe<{ answer: unknown[] }[]>(`select ${name}('${JSON.stringify(calls)}') as answer`)
    .simple();
  return row!.answer;
}

const someCalls = () =>
  Array.from({ length: CALLS }, (_, i) => ({
    id: randomUUID(),
    router: randomUUID(),
    key: ((i * 151) % CONSUMERS) + 1,
    model: 'm',
    messages: 1,
    tools: 0,
    images: 0,
    bytes: 40,
    latin: 40,
    cjk: 0,
    other: 0,
    output: 100,
    choices: 1,
  }));
const calls = someCalls();
const admit = (of = calls) => call('admit_v2', of);
const renew = (of = calls) =>
  call(
    'renew_v1',
    of.map(({ id }) => ({ id, started: true, progress: 1, firstToken: true, intervalMs: 1000 })),
  );
const settle = (of = calls) =>
  call(
    'settle_v2',
    of.map(({ id, key }) => ({
      id,
      outcome: 'settled',
      key,
      consumer: key,
      model: 'm',
      prompt: 10,
      output: 10,
      source: 'reported',
      upstream: 'u',
      reason: 'stop',
    })),
  );
const sweep = () => sql`select sweep_v1(16)`;

/** Tables, or indexes of them, of which more was read than was looked for. */
function readTooMuch(): string[] {
  const scans = plans.flatMap((plan) => [
    ...plan.matchAll(/Scan.* on (\w+).*\n?.*actual rows=([\d.]+) loops=(\d+)\)([^>]*)/g),
  ]);
  return scans
    .filter(([, , rows, loops, rest]) => {
      const removed = Number(/Rows Removed by (?:Join )?Filter: (\d+)/.exec(rest!)?.[1] ?? 0);
      return (Number(rows) + removed) * Number(loops) > ROWS_AT_MOST;
    })
    .map(([line]) => line);
}

describe('among ten thousand consumers and a million receipts', () => {
  it.each([
    ['admission', () => admit()],
    ['the same admission again', () => admit()],
    ['renewal', () => renew()],
    ['settlement', () => settle()],
    ['the same settlement again', () => settle()],
    ['a sweep', sweep],
  ])('%s looks up what it needs and reads no table whole', async (_, run) => {
    plans.length = 0;
    await run();
    expect(plans.length).toBeGreaterThan(0);
    expect(readTooMuch()).toEqual([]);
  });
});

describe('after a night with one open call, and among twenty thousand since', () => {
  const morning = someCalls();

  beforeAll(async () => {
    await call('admit_v2', someCalls().slice(0, 1));
    await sql`analyze holds`;
    // Whatever was planned is planned anew: for a table that is short.
    await sql.unsafe('discard plans');
    const last = someCalls();
    for (const run of [admit, renew, settle]) await run(last);
    await admit(someCalls());
    await sql`insert into holds select (copy).* from (
                select jsonb_populate_record(one, jsonb_build_object('request_id', gen_random_uuid())) as copy
                  from generate_series(1, 20000), (select h as one from holds h limit 1) first offset 0) copies`;
  });

  it.each([
    ['admission', () => admit(morning)],
    ['renewal', () => renew(morning)],
    ['settlement', () => settle(morning)],
  ])('%s looks up what it needs and reads no table whole', async (_, run) => {
    plans.length = 0;
    await run();
    expect(plans.length).toBeGreaterThan(0);
    expect(readTooMuch()).toEqual([]);
  });
});
