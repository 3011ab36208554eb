import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import type { Story } from '../ledger/given.ts';
import { aConsole, type TestConsole } from '../metrics/a-console.ts';
import { readAlertRules } from '../metrics/alert-rules.ts';
import { asSent, readBoard } from '../metrics/board.ts';
import { receiptSums, rollupSums } from '../metrics/ledgers-numbers.ts';
import { aBusyGateway, someCalls } from './busy-gateway.ts';
import { aConfiguration, aPrometheus, type Prometheus, until } from './run-prometheus.ts';

let ledger: LedgerDatabase;
let story: Story;
let console: TestConsole;
let prometheus: Prometheus;

beforeAll(async () => {
  ledger = await aLedgerDatabase({ maxConnections: 4 });
  story = await aBusyGateway(ledger);
  console = await aConsole(ledger.url);
  prometheus = await aPrometheus(await aConfiguration(console.port, console.token));
});

const valueOfAll = async (expr: string) => (await prometheus.query(`sum(${expr})`))[0]?.value;

/** Until Prometheus has seen all that is closed by now. */
async function scraped(): Promise<void> {
  const sums = await receiptSums(ledger.sql);
  await until(async () => (await valueOfAll('gateway_requests_total')) === sums.requests);
}

async function agrees(): Promise<void> {
  const sums = await receiptSums(ledger.sql);
  expect(sums.requests).toBeGreaterThan(0);
  const said = {
    requests: await valueOfAll('gateway_requests_total'),
    input: await valueOfAll('gateway_tokens_total{type="input"}'),
    output: await valueOfAll('gateway_tokens_total{type="output"}'),
    yuan: await valueOfAll('gateway_cost_yuan_total'),
    retries: await valueOfAll('gateway_retries_total'),
    uncharged: await valueOfAll('gateway_uncharged_tokens_total'),
    durations: await valueOfAll('gen_ai_server_request_duration_seconds_count'),
    seconds: await valueOfAll('gen_ai_server_request_duration_seconds_sum'),
    firstTokens: await valueOfAll('gen_ai_server_time_to_first_token_seconds_bucket{le="+Inf"}'),
    firstTokenSeconds: await valueOfAll('gen_ai_server_time_to_first_token_seconds_sum'),
  };
  expect(said).toEqual({
    ...sums,
    yuan: expect.closeTo(sums.yuan, 9),
    seconds: expect.closeTo(sums.seconds, 6),
    firstTokenSeconds: expect.closeTo(sums.firstTokenSeconds, 6),
  });
  expect(await rollupSums(ledger.sql)).toEqual({
    ...{ requests: sums.requests, input: sums.input, output: sums.output, yuan: sums.yuan },
  });
}

describe('a Prometheus that scrapes the console', () => {
  it('has the numbers of the ledger', async () => {
    await someCalls(ledger, story, 3);
    await scraped();
    await agrees();
  });

  it('has them by upstream and outcome as the receipts have them', async () => {
    const said = await prometheus.query('sum by (upstream, reason) (gateway_requests_total)');
    const rows = await ledger.sql<{ upstream: string | null; reason: string | null; calls: number }[]>`
      select upstream, reason, count(*)::int as calls from receipts where outcome <> 'void' group by 1, 2`;
    const line = (upstream: string, reason: string, calls: number) => `${upstream} ${reason} ${calls}`;
    expect(
      said.map(({ labels, value }) => line(labels.upstream ?? '', labels.reason ?? '', value)).sort(),
    ).toEqual(rows.map(({ upstream, reason, calls }) => line(upstream ?? '', reason ?? '', calls)).sort());
  });

  it('has them after more calls and a console that was started anew, and saw no counter fall', async () => {
    const { port, token } = console;
    await console.stop();
    await until(async () => (await valueOfAll('up')) === 0);
    await someCalls(ledger, story, 2);
    console = await aConsole(ledger.url, { METRICS_TOKEN: token, FC_CUSTOM_LISTEN_PORT: String(port) });
    await scraped();
    await agrees();
    for (const { labels } of await prometheus.query(
      'count by (__name__) ({__name__=~".+_(total|bucket|sum|count)"})',
    )) {
      expect(await valueOfAll(`resets(${labels.__name__}[1h])`), labels.__name__).toBe(0);
    }
  });

  it('sees the ledger checked by the timer', async () => {
    await console.timer();
    await until(async () => (await valueOfAll('gateway_ledger_drift_rows')) === 0);
  });

  it('has an answer to every query of the board', async () => {
    const board = await readBoard();
    await until(async () => ((await valueOfAll('count_over_time(up[5m])')) ?? 0) > 2);
    for (const { title, targets } of board.panels) {
      for (const { expr } of targets) {
        expect((await prometheus.query(asSent(expr))).length, `${title}: ${expr}`).toBeGreaterThan(0);
      }
    }
  });

  it('takes every rule, and holds the one that must be raised here', async () => {
    for (const { expr } of await readAlertRules()) await prometheus.query(expr);
    const rules = await fetch(`${prometheus.url}/api/v1/rules`).then((reply) => reply.json());
    expect(JSON.stringify(rules)).toContain('SubletLedgerDrift');
    await ledger.sql`update limits set used = used + 1 where win = 'month'`;
    await ledger.sql`update ledger_checks set checked_at = checked_at - interval '1 hour'`;
    await console.timer();
    await until(async () => ((await prometheus.query('gateway_ledger_drift_rows != 0')).length ?? 0) > 0);
  });
});

describe('promtool', () => {
  it('has nothing to say against the names and the form', async () => {
    const reply = await fetch(`${console.url}/metrics`, {
      headers: { authorization: `Bearer ${console.token}` },
    });
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await reply.text(),
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });
});

describe('a Prometheus with another token', () => {
  it('sees the console down', async () => {
    const stranger = await aPrometheus(await aConfiguration(console.port, 'y'.repeat(64)));
    await until(async () => (await stranger.query('up == 0')).length === 1);
    expect(await stranger.query('gateway_catalog_version')).toEqual([]);
  });
});
