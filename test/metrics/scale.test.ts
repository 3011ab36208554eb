import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCounts } from '#shared/metrics/read-counts.ts';
import { readMoment } from '#shared/metrics/read-moment.ts';
import { atEnd } from '../helpers/at-end.ts';
import { aDatabaseUrl } from '../helpers/database.ts';

const RECEIPTS = 400_000;
const NEW = 500;
const CONSUMERS = 2_000;
/** A year of hours with some keys in each. */
const ROLLUPS = 200_000;
const MOST = 1_000;
const LAST = new Date(Date.now() - 60_000);

let sql: postgres.Sql;
const plans: string[] = [];

beforeAll(async () => {
  const onnotice = ({ message = '' }: postgres.Notice) => plans.push(message);
  sql = postgres(await aDatabaseUrl(), { max: 1, onnotice, prepare: false });
  atEnd(() => sql.end());
  await fill();
  await sql.unsafe(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
                    set auto_explain.log_analyze = on; set auto_explain.log_timing = off; set client_min_messages = log`);
}, 180_000);

/** A year of calls, of which all but the last few are counted. But for the jobs nobody has analysed the tables. */
async function fill(): Promise<void> {
  for (const table of ['receipts', 'rollups', 'limits', 'consumers', 'model_jobs'])
    await sql.unsafe(`alter table ${table} set (autovacuum_enabled = false)`);
  await sql`insert into models (name) select 'm' || n from generate_series(1, 20) n`;
  await sql`insert into upstreams (name, backend, address) select 'u' || n, 'ollama', 'http://u' from generate_series(1, 5) n`;
  await sql`insert into consumers (name, root_id, path, depth) select 'tenant', 0, '{}', 0 from generate_series(1, ${CONSUMERS}::int)`;
  await sql`insert into limits (consumer_id, metric, win, amount) select id, 'tokens', 'month', 1e9 from consumers`;
  await sql`insert into rollups (hour, consumer_id, key_id, model, upstream)
            select now() - n * interval '1 hour', n, n, 'm1', 'u1' from generate_series(1, ${ROLLUPS}::int) n`;
  await sql`insert into model_jobs (id, kind, model, request, requested_by, status, created_at, ended_at)
            select n, 'pull', 'm', '{}', 'operator', 'ready', now() - interval '1 year', now() from generate_series(1, 20000) n`;
  await sql`analyze model_jobs`;
  await sql`insert into receipts (request_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held, strict,
              latin, cjk, other, messages, images, upstream, admitted_at, line_limit, line_start, line_amount, line_excess,
              outcome, final, source, prompt, output, first_token_ms, total_ms, reason, closed_at)
            select gen_random_uuid(), 1, 1, 1, 'm' || n % 20 + 1, 0, 10, 10, 10, false,
                   40, 0, 0, 1, 0, 'u' || n % 5 + 1, now(), '{}', '{}', '{}', '{}', 'settled', true, 'reported', 10, 10, n % 9000, n % 90000,
                   'stop', ${LAST}::timestamptz - (${RECEIPTS} - n) * interval '1 second'
              from generate_series(1, ${RECEIPTS}::int) n`;
  await sql`update metric_progress set final_until = ${LAST}::timestamptz - ${NEW} * interval '1 second',
                                       expired_until = now() - interval '2 hours', caught_up_at = now()`;
}

/** How many rows were read of each table, be they kept or not. */
function rowsRead(): Record<string, number> {
  const read: Record<string, number> = {};
  const scans =
    /Scan (?:using \w+ )?on (\w+)[^\n]*actual rows=([\d.]+) loops=(\d+)\)((?:\n(?!\s*->)[^\n]*)*)/g;
  for (const [, table, rows, loops, rest] of plans.flatMap((plan) => [...plan.matchAll(scans)])) {
    const removed = Number(/Rows Removed by Filter: (\d+)/.exec(rest!)?.[1] ?? 0);
    read[table!] = (read[table!] ?? 0) + (Number(rows) + removed) * Number(loops);
  }
  return read;
}

describe('among a year of receipts, roll-ups and jobs', () => {
  it('counting reads what is new and no more', async () => {
    plans.length = 0;
    const [row] = await sql.unsafe('select count_receipts_v1(5000, 10000) as state').simple();
    expect(row).toMatchObject({ state: 'done' });
    const { receipts = 0, rollups = 0 } = rowsRead();
    expect(receipts).toBeGreaterThanOrEqual(NEW);
    expect(receipts).toBeLessThanOrEqual(2 * NEW);
    expect(rollups).toBe(0);
    const [counted] = await sql`select sum(requests)::int as calls from metric_totals`;
    expect(counted).toEqual({ calls: NEW });
  });

  it('a scrape reads neither receipts nor roll-ups nor jobs that are over', async () => {
    plans.length = 0;
    const db = drizzle(sql);
    await readCounts(db);
    await readMoment(db, 10);
    const { receipts = 0, rollups = 0, model_jobs = 0, limits = 0 } = rowsRead();
    expect({ receipts, rollups }).toEqual({ receipts: 0, rollups: 0 });
    expect(model_jobs).toBeLessThan(MOST);
    expect(limits).toBeGreaterThanOrEqual(CONSUMERS); // once for each of the two questions about them: they are live
    expect(limits).toBeLessThanOrEqual(3 * CONSUMERS);
  });
});
