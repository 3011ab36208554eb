import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given, type Story } from '../ledger/given.ts';
import { aConsole, type TestConsole } from './a-console.ts';
import { receiptSums, rollupSums } from './ledgers-numbers.ts';
import { type Samples, sumOf } from './samples.ts';

let ledger: LedgerDatabase;
let consoles: TestConsole[];

beforeAll(async () => {
  ledger = await aLedgerDatabase({ maxConnections: 2 });
  consoles = [await aConsole(ledger.url), await aConsole(ledger.url)];
});

const START = `update metric_progress set final_until = '-infinity', expired_until = '-infinity', caught_up_at = null;
               delete from metric_totals; delete from metric_buckets`;

const calls = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('settled' as const),
      model: fc.constant('m1'),
      upstream: fc.constantFrom('a', 'b', null),
      reason: fc.constantFrom('stop', 'length', 'upstream_error', 'caller_gone', null),
      prompt: fc.integer({ min: 1, max: 5_000 }),
      output: fc.integer({ min: 0, max: 50 }),
      firstTokenMs: fc.option(fc.nat(400_000)),
      restMs: fc.option(fc.nat(2_000_000)),
      tries: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constant('released' as const) }),
    fc.record({ kind: fc.constantFrom('lost' as const, 'lost and found' as const), progress: fc.nat(50) }),
    fc.record({ kind: fc.constant('pause' as const), ms: fc.constantFrom(1, 500, 10_000, 3_600_000) }),
    fc.record({ kind: fc.constant('scrape' as const), by: fc.nat(1) }),
  ),
  { minLength: 1, maxLength: 25 },
);
type Step = typeof calls extends fc.Arbitrary<(infer One)[]> ? One : never;

async function play(story: Story, step: Step, scrapes: Samples[]): Promise<void> {
  if (step.kind === 'pause') return story.waits(step.ms);
  if (step.kind === 'scrape') {
    scrapes.push(await consoles[step.by]!.scrape());
    return;
  }
  const call = await story.admitted({ prompt: 7, output: 50 });
  if (step.kind === 'settled') {
    const { upstream, reason, prompt, output, firstTokenMs, restMs, tries } = step;
    await story.settle(call, prompt, output, {
      ...{ upstream, reason, firstTokenMs },
      totalMs: restMs === null ? null : (firstTokenMs ?? 0) + restMs,
      attempts: Array.from({ length: tries }, () => ({ upstream: 'a' })),
    });
  } else if (step.kind === 'released') await story.release(call);
  else {
    await story.renew(call, { progress: step.progress });
    await story.waits(10_001);
    await ledger.sweep(10);
    if (step.kind === 'lost and found') await story.settle(call, 9, 3, { totalMs: 12_000 });
  }
}

const isCounter = (series: string) => /_total\{|_bucket\{|_sum\{|_count\{/.test(series);

describe('whatever happens to calls, in whatever order with scrapes by two consoles', () => {
  it('no counter ever falls, and in the end all say what receipts and roll-ups say', async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (steps) => {
        const story = await given(ledger, { limits: [{ metric: 'tokens', win: 'day', amount: 40_000 }] });
        await ledger.sql.unsafe(START).simple();
        const scrapes: Samples[] = [];
        for (const step of steps) {
          // Where the limit refuses, the call is one that never was.
          await play(story, step, scrapes).catch((error: Error) => {
            if (!error.message.startsWith('refused')) throw error;
          });
        }
        await story.waits(2 * 3_600_000);
        scrapes.push(await consoles[0]!.scrape(), await consoles[1]!.scrape());
        for (const [index, now] of scrapes.entries()) {
          for (const [series, before] of scrapes[index - 1] ?? []) {
            if (isCounter(series)) expect(now.get(series), series).toBeGreaterThanOrEqual(before);
          }
        }
        const last = scrapes.at(-1)!;
        const sums = await receiptSums(ledger.sql);
        const said = {
          requests: sumOf(last, 'gateway_requests_total'),
          input: sumOf(last, 'gateway_tokens_total', 'type="input"'),
          output: sumOf(last, 'gateway_tokens_total', 'type="output"'),
          yuan: sumOf(last, 'gateway_cost_yuan_total'),
        };
        expect(said).toEqual({ ...(await rollupSums(ledger.sql)), yuan: expect.closeTo(sums.yuan, 9) });
        expect({
          ...said,
          retries: sumOf(last, 'gateway_retries_total'),
          uncharged: sumOf(last, 'gateway_uncharged_tokens_total'),
          durations: sumOf(last, 'gen_ai_server_request_duration_seconds_count'),
          seconds: sumOf(last, 'gen_ai_server_request_duration_seconds_sum'),
          firstTokens: sumOf(last, 'gen_ai_server_time_to_first_token_seconds_count'),
          firstTokenSeconds: sumOf(last, 'gen_ai_server_time_to_first_token_seconds_sum'),
        }).toEqual({
          ...sums,
          yuan: expect.closeTo(sums.yuan, 9),
          seconds: expect.closeTo(sums.seconds, 6),
          firstTokenSeconds: expect.closeTo(sums.firstTokenSeconds, 6),
        });
        expect(sumOf(last, 'gen_ai_client_token_usage_sum', 'gen_ai_token_type="input"')).toBe(sums.input);
        expect(sumOf(last, 'gen_ai_client_token_usage_sum', 'gen_ai_token_type="output"')).toBe(sums.output);
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
