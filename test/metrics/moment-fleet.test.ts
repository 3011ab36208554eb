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

const upstream = (name: string, slots: number | null = null, status = 'active') =>
  ledger.sql`insert into upstreams (name, backend, address, slots, status)
             values (${name}, 'ollama', 'http://127.0.0.1:1', ${slots}, ${status})`;

describe('calls under way', () => {
  it('are shown by model and upstream, and take slots once they were sent', async () => {
    const story = await given(ledger, {});
    await upstream('a', 4);
    await upstream('b');
    const [one] = [await story.admitted(), await story.admitted()];
    await story.renew(one, { upstream: 'a' });
    expect(await shown('gateway_holds')).toEqual({ '{model="m1"}': 1, '{model="m1",upstream="a"}': 1 });
    expect(await shown('gateway_upstream_slots')).toEqual({ '{upstream="a"}': 4 });
    expect(await shown('gateway_upstream_slots_in_use')).toEqual({
      '{upstream="a"}': 1,
      '{upstream="b"}': 0,
    });
  });

  it('are overdue when their lease is over, and for how long', async () => {
    const story = await given(ledger, {});
    await story.admitted();
    await story.waits(10_000);
    expect(await shown('gateway_overdue_holds')).toEqual({ '': 0 });
    expect(await shown('gateway_overdue_hold_seconds')).toEqual({ '': 0 });
    await story.waits(90_000);
    expect(await shown('gateway_overdue_holds')).toEqual({ '': 1 });
    expect(await shown('gateway_overdue_hold_seconds')).toEqual({ '': 90 });
  });
});

describe('upstreams', () => {
  it('are shown with their breakers, their failures and the models of their routes that are loaded', async () => {
    await given(ledger, {});
    for (const [name, status] of [
      ['a', 'active'],
      ['b', 'disabled'],
      ['c', 'active'],
    ] as const) {
      await upstream(name, null, status);
    }
    await ledger.sql`insert into routes (model, upstream_id, upstream_model)
                     select 'm1', id, model from upstreams, unnest('{Qwen3,llama3:8b,phi4}'::text[]) model where name = 'a'`;
    await ledger.sql`
      insert into upstream_states (upstream_id, failures, open_until, loaded)
      select id, case name when 'a' then 0 else 5 end,
             case name when 'b' then clock_timestamp() - interval '1 s' when 'c' then clock_timestamp() + interval '1 h' end,
             case name when 'a' then '{qwen3:latest,llama3:8b,somebody-elses}'::text[] end
        from upstreams`;
    expect(await shown('gateway_upstream_enabled')).toEqual({
      ...{ '{upstream="a"}': 1, '{upstream="b"}': 0, '{upstream="c"}': 1 },
    });
    const open = Object.entries(await shown('gateway_upstream_breaker_state')).filter(
      ([, value]) => value === 1,
    );
    expect(open.map(([labels]) => labels)).toEqual([
      ...['{upstream="a",state="closed"}', '{upstream="b",state="half_open"}', '{upstream="c",state="open"}'],
    ]);
    expect(await shown('gateway_upstream_failures_in_a_row')).toMatchObject({ '{upstream="c"}': 5 });
    expect(Object.keys(await shown('gateway_upstream_model_loaded'))).toEqual([
      ...['{upstream="a",upstream_model="Qwen3"}', '{upstream="a",upstream_model="llama3:8b"}'],
    ]);
  });
});

describe('jobs of the model store', () => {
  it('are shown by state; those at which nobody works are stuck', async () => {
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
    const soon = new Date(Date.now() + 3_600_000);
    const jobs = [
      { id: '1', status: 'running', lease_until: soon, created_at: ago(9_000), updated_at: ago(1) },
      { id: '2', status: 'running', lease_until: ago(500), created_at: ago(9_000), updated_at: ago(600) },
      { id: '3', status: 'queued', lease_until: null, created_at: ago(9_000), updated_at: ago(300) },
      { id: '4', status: 'ready', lease_until: null, created_at: ago(9_000), updated_at: ago(300) },
      { id: '5', status: 'ready', lease_until: null, created_at: ago(90_000), updated_at: ago(90_000) },
    ].map((job) => ({
      ...{ ...job, kind: 'pull', model: job.id, request: '{}', requested_by: 'operator' },
      ended_at: job.status === 'ready' ? job.updated_at : null,
    }));
    await ledger.sql`insert into model_jobs ${ledger.sql(jobs)}`;
    expect(await shown('gateway_model_jobs')).toEqual({
      '{kind="pull",status="queued"}': 1,
      '{kind="pull",status="ready"}': 1,
      '{kind="pull",status="running"}': 2,
    });
    expect(await shown('gateway_stuck_model_jobs')).toEqual({ '': 2 });
    const [seconds] = Object.values(await shown('gateway_stuck_model_job_seconds'));
    expect(Math.floor(seconds! / 100)).toBeGreaterThanOrEqual(5);
  });
});

describe('the rest', () => {
  it('is the version of the catalog and how far the database is', async () => {
    await given(ledger, {});
    const [before] = Object.values(await shown('gateway_catalog_version'));
    await upstream('a');
    expect(await shown('gateway_catalog_version')).toEqual({ '': before! + 1 });
    const [seconds] = Object.values(await shown('gateway_database_round_trip_seconds'));
    expect(seconds).toBeGreaterThan(0);
  });
});
