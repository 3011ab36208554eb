import { beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given } from '../ledger/given.ts';
import { aConsole } from './a-console.ts';
import type { Samples } from './samples.ts';

const OF_1_41 = 'gen_ai_client_token_usage';

let ledger: LedgerDatabase;
beforeAll(async () => {
  ledger = await aLedgerDatabase();
  const story = await given(ledger, {});
  for (const prompt of [300, 7]) {
    const call = await story.admitted({ prompt: 300, output: 10 });
    await story.settle(call, prompt, 4, { upstream: 'a', reason: 'stop', totalMs: 1_500 });
  }
  await story.waits(10_000);
});

async function shownWith(optIn: string): Promise<Samples> {
  const console = await aConsole(ledger.url, { OTEL_SEMCONV_STABILITY_OPT_IN: optIn });
  return console.scrape();
}

const namesIn = (samples: Samples) =>
  new Set([...samples.keys()].map((series) => series.replace(/(_bucket|_sum|_count)?(\{.*)?$/, '')));

describe('OTEL_SEMCONV_STABILITY_OPT_IN', () => {
  it.each(['', 'http', 'database/dup,http'])('as "%s" leaves the names of 1.41', async (optIn) => {
    const names = [...namesIn(await shownWith(optIn))];
    expect(names).toContain(OF_1_41);
    expect(names.join()).not.toContain('_inference_');
  });

  it('as gen_ai_latest_experimental gives those that came after, with the same numbers', async () => {
    const samples = await shownWith('http, gen_ai_latest_experimental');
    expect(namesIn(samples)).toContain('gen_ai_server_request_duration_seconds');
    expect(namesIn(samples)).not.toContain(OF_1_41);
    const sums = [...samples].filter(([series]) => /_inference_(usage|.*_(sum|count)\{)/.test(series));
    const labels = '{gen_ai_operation_name="chat",gen_ai_request_model="m1",upstream="a"}';
    expect(Object.fromEntries(sums)).toEqual({
      [`gen_ai_client_inference_operation_input_tokens_sum${labels}`]: 307,
      [`gen_ai_client_inference_operation_input_tokens_count${labels}`]: 2,
      [`gen_ai_client_inference_operation_output_tokens_sum${labels}`]: 8,
      [`gen_ai_client_inference_operation_output_tokens_count${labels}`]: 2,
      [`gen_ai_client_inference_usage_input_tokens_total${labels}`]: 307,
      [`gen_ai_client_inference_usage_output_tokens_total${labels}`]: 8,
    });
  });
});
