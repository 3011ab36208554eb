import { statusOfFailure } from '#shared/errors.ts';
import type { Counts, Histogram, Measure, Total } from '#shared/metrics/read-counts.ts';
import type { Exposition } from './exposition.ts';
import type { HistogramName, LabelsOf } from './families.ts';

const MICRO_YUAN = 1_000_000;

/**
 * What only grows: counters and histograms of the calls that ended.
 *
 * @param isNewest in the names that OpenTelemetry gave after 1.41
 */
export function writeCounts(exposition: Exposition, counts: Counts, isNewest: boolean): void {
  const { totals, histograms, countedUntil } = counts;
  if (countedUntil !== null) exposition.add('gateway_counted_until_timestamp_seconds', {}, countedUntil);
  for (const total of summed(totals, (t) => [statusOf(t), t.reason, t.route_reason])) {
    const [status, reason, route] = total.by;
    exposition.add(
      'gateway_requests_total',
      { ...callOf(total), status: status!, reason: reason!, route_reason: route! },
      total.requests,
    );
  }
  for (const total of summed(totals, () => [])) {
    const call = callOf(total);
    exposition.add('gateway_tokens_total', { ...call, type: 'input' }, total.prompt);
    exposition.add('gateway_tokens_total', { ...call, type: 'output' }, total.output);
    exposition.add('gateway_cost_yuan_total', call, total.cost / MICRO_YUAN);
    exposition.add('gateway_uncharged_tokens_total', call, total.uncharged);
    exposition.add('gateway_excess_tokens_total', call, total.excess);
    exposition.add('gateway_retries_total', call, total.retries);
  }
  for (const histogram of histograms) {
    if (isNewest && histogram.metric === 'tokens') writeTokens(exposition, histogram);
    else writeHistogram(exposition, histogram);
  }
}

const callOf = ({ model, upstream, operation }: Total) => ({ model, upstream, operation });

/** The class of the status that a failure has; who hung up is a caller's doing, a router that was lost is ours. */
function statusOf({ outcome, reason }: Total): string {
  const status = statusOfFailure(reason) ?? (outcome === 'settled' ? 200 : 500);
  return `${Math.floor(status / 100)}xx`;
}

const SUMS = ['requests', 'prompt', 'output', 'cost', 'uncharged', 'excess', 'retries'] as const;

/** One for each call's labels and what else tells them apart: an upstream whose kind has changed has two totals, and one name. */
function summed(totals: readonly Total[], by: (total: Total) => string[]): (Total & { by: string[] })[] {
  const sums = new Map<string, Total & { by: string[] }>();
  for (const total of totals) {
    const id = [...Object.values(callOf(total)), ...by(total)].join('\0');
    const sum = sums.get(id);
    if (!sum) sums.set(id, { ...total, by: by(total) });
    else for (const name of SUMS) sum[name] += total[name];
  }
  return [...sums.values()];
}

/** Of each measure: its family, the units in one of what that is in, and the label that its kind goes into. */
const MEASURES = {
  duration: { family: 'gen_ai_server_request_duration_seconds', units: 1_000, kind: 'error_type' },
  first_token: { family: 'gen_ai_server_time_to_first_token_seconds', units: 1_000 },
  output_token: { family: 'gen_ai_server_time_per_output_token_seconds', units: 1_000_000 },
  tokens: { family: 'gen_ai_client_token_usage', units: 1, kind: 'gen_ai_token_type' },
} as const satisfies Record<Measure, { family: HistogramName; units: number; kind?: string }>;

function writeHistogram(exposition: Exposition, histogram: Histogram): void {
  const { metric, kind } = histogram;
  const measure = MEASURES[metric];
  const labels = { ...genAiOf(histogram), ...('kind' in measure && { [measure.kind]: kind }) };
  exposition.histogram(measure.family, labels as LabelsOf<typeof measure.family>, {
    ...histogram,
    units: measure.units,
  });
}

/** Of either kind of tokens: the families that came after 1.41. */
const NEWEST = {
  input: {
    calls: 'gen_ai_client_inference_operation_input_tokens',
    sum: 'gen_ai_client_inference_usage_input_tokens_total',
  },
  output: {
    calls: 'gen_ai_client_inference_operation_output_tokens',
    sum: 'gen_ai_client_inference_usage_output_tokens_total',
  },
} as const;

function writeTokens(exposition: Exposition, histogram: Histogram): void {
  const { calls, sum } = NEWEST[histogram.kind === 'input' ? 'input' : 'output'];
  exposition.histogram(calls, genAiOf(histogram), { ...histogram, units: MEASURES.tokens.units });
  exposition.add(sum, genAiOf(histogram), histogram.sum);
}

const genAiOf = ({ operation, backend, model, upstream }: Histogram) => ({
  gen_ai_operation_name: operation,
  gen_ai_provider_name: backend,
  gen_ai_request_model: model,
  upstream,
});
