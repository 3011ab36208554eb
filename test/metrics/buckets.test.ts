import { beforeEach, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given } from '../ledger/given.ts';
import { aConsole } from './a-console.ts';
import type { Samples } from './samples.ts';

/** OpenTelemetry's, and what was added for cold starts. */
const DURATIONS = [
  ...[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  ...[163.84, 327.68, 655.36, 1310.72],
];
const FIRST_TOKENS = [
  ...[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  ...[20, 30, 60, 120, 300],
];
const OUTPUT_TOKENS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);

let ledger: LedgerDatabase;
beforeEach(async () => {
  ledger = await aLedgerDatabase();
});

/** `[le, calls]` of a histogram that has one series. */
const bucketsOf = (samples: Samples, name: string) =>
  [...samples].flatMap(([series, value]) => {
    const le = /le="(.+)"/.exec(series)?.[1];
    return series.startsWith(`${name}_bucket{`) && le !== undefined ? [[le, value] as const] : [];
  });

/** How many of the values each bucket must have. */
const expected = (bounds: number[], values: number[]) => [
  ...bounds.map((bound) => [String(bound), values.filter((value) => value <= bound).length]),
  ['+Inf', values.length],
];

describe('a histogram', () => {
  it('has the buckets of the conventions and their greatest values in them', async () => {
    const story = await given(ledger, {});
    const console = await aConsole(ledger.url);
    const totals = [0, ...DURATIONS.flatMap((s) => [s * 1000, s * 1000 + 1])].map(Math.round);
    const firsts = [0, ...FIRST_TOKENS.flatMap((s) => [s * 1000, s * 1000 + 1])].map(Math.round);
    const prompts = TOKENS.slice(0, 12).flatMap((n) => [n, n + 1]);
    for (const totalMs of totals) await end(story, { totalMs });
    for (const firstTokenMs of firsts) await end(story, { firstTokenMs });
    for (const prompt of prompts) await end(story, { prompt });
    await story.waits(10_000);
    const samples = await console.scrape();
    expect(bucketsOf(samples, 'gen_ai_server_request_duration_seconds')).toEqual(
      expected(
        DURATIONS,
        totals.map((ms) => ms / 1000),
      ),
    );
    expect(bucketsOf(samples, 'gen_ai_server_time_to_first_token_seconds')).toEqual(
      expected(
        FIRST_TOKENS,
        firsts.map((ms) => ms / 1000),
      ),
    );
    const ones = [...totals, ...firsts].map(() => 1); // the prompts of the others
    expect(bucketsOf(samples, 'gen_ai_client_token_usage')).toEqual(expected(TOKENS, [...prompts, ...ones]));
  });

  it('of the time per token counts those after the first', async () => {
    const story = await given(ledger, {});
    const console = await aConsole(ledger.url);
    for (const seconds of OUTPUT_TOKENS) {
      await end(story, { firstTokenMs: 1000, totalMs: 1000 + 4 * seconds * 1000, output: 5 });
    }
    await end(story, { firstTokenMs: 1000, totalMs: 9000, output: 1 });
    await story.waits(20_000);
    const samples = await console.scrape();
    expect(bucketsOf(samples, 'gen_ai_server_time_per_output_token_seconds')).toEqual(
      expected(OUTPUT_TOKENS, OUTPUT_TOKENS),
    );
  });
});

async function end(
  story: Awaited<ReturnType<typeof given>>,
  { prompt = 1, output = 0, firstTokenMs = null, totalMs = null }: Record<string, number | null> = {},
) {
  const call = await story.admitted({ prompt: 7, output: 10 });
  await story.settle(call, prompt!, output!, { firstTokenMs, totalMs, reason: 'stop', upstream: 'a' });
}
