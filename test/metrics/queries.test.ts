import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../functions/console/metrics/families.ts';
import { readAlertRules } from './alert-rules.ts';
import { readBoard } from './board.ts';
import { askedBy } from './promql.ts';

const board = await readBoard();
const rules = await readAlertRules();

/** What Prometheus itself puts beside each scrape, and on each sample. */
const ITS_OWN = ['up', 'scrape_duration_seconds'];
const ITS_LABELS = ['job', 'instance'];

/** Every series that is exported, with its labels. */
const exported = new Map<string, readonly string[]>(ITS_OWN.map((name) => [name, ITS_LABELS]));
for (const [name, { type, labels }] of Object.entries(FAMILIES)) {
  const all = [...labels, ...ITS_LABELS];
  if (type !== 'histogram') exported.set(name, all);
  else {
    exported.set(`${name}_bucket`, [...all, 'le']);
    exported.set(`${name}_sum`, all).set(`${name}_count`, all);
  }
}

/** What a query, and the words that are made of its answer, ask for and nobody exports. */
function unknownIn(expr: string, words: string): string[] {
  const { selectors, groupings } = askedBy(expr);
  const known = selectors.flatMap(({ name }) => exported.get(name) ?? []);
  const shown = [...words.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label]) => label!);
  return [
    ...selectors.map(({ name }) => name).filter((name) => !exported.has(name)),
    ...selectors.flatMap(({ name, matchers }) =>
      matchers
        .map(({ label }) => label)
        .filter((label) => !exported.get(name)?.includes(label))
        .map((label) => `${name}{${label}}`),
    ),
    ...[...groupings, ...shown].filter((label) => !known.includes(label)),
  ];
}

describe('the check of queries', () => {
  it.each([
    ['gateway_request_total', '', ['gateway_request_total']],
    ['gen_ai_client_token_usage', '', ['gen_ai_client_token_usage']],
    ['gateway_holds{user="1"}', '', ['gateway_holds{user}']],
    ['sum by (key) (gateway_holds)', '', ['key']],
    ['gateway_holds', '{{consumer}} {{ $labels.model }}', ['consumer']],
    ['up{job="sublet"} == 0', '{{ $value | humanize }} {{instance}}', []],
  ])('finds in %s, shown as "%s": %s', (expr, words, unknown) => {
    expect(unknownIn(expr, words)).toEqual(unknown);
  });
});

/** Of newer names, which need not be there: `gateway_tokens_total` always says the same. */
const SHOWN_BY_ANOTHER = [
  'gen_ai_client_inference_usage_input_tokens_total',
  'gen_ai_client_inference_usage_output_tokens_total',
];

describe('the Grafana board', () => {
  const queries = board.panels.flatMap(({ title, targets }) =>
    targets.map(({ refId, expr, legendFormat }) => ({ title, refId, expr, legendFormat })),
  );

  it.each(queries)('"$title" ($refId) asks for what is exported', ({ expr, legendFormat }) => {
    expect(unknownIn(expr, legendFormat)).toEqual([]);
  });

  it('has variables of what is exported', () => {
    const { list } = board.templating;
    expect(list.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      'datasource: datasource',
      'model: query',
    ]);
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(list[1]!.query) ?? [];
    expect(exported.get(metric!)).toContain(label);
  });

  it('shows every family that there is', () => {
    const asked = queries.flatMap(({ expr }) => askedBy(expr).selectors.map(({ name }) => name));
    const families = new Set(asked.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    expect(Object.keys(FAMILIES).filter((name) => !families.has(name))).toEqual(SHOWN_BY_ANOTHER);
  });

  it('has panels that do not lie over each other', () => {
    const places = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
  });
});

describe('the alert rules', () => {
  it.each(rules)('$alert asks for what is exported', ({ expr, summary }) => {
    expect(unknownIn(expr, summary)).toEqual([]);
  });

  it('watch what the operator has to know', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(
      expect.arrayContaining([
        ...[
          'SubletErrorRatio',
          'SubletSlowFirstToken',
          'SubletQuotaNearlyUsed',
          'SubletQuotaUsed',
          'SubletQuotaUnnamed',
        ],
        ...['SubletBreakerOpen', 'SubletStuckModelJob', 'SubletLedgerDrift', 'SubletOverdueHold'],
      ]),
    );
  });
});

describe('the names', () => {
  it.each(Object.entries(FAMILIES))(
    '%s is as Prometheus and OpenTelemetry would have it',
    (name, { type, help, labels }) => {
      expect(name).toMatch(/^(gateway|gen_ai)_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|percent)(_|$)/);
      expect(help).toMatch(/^[A-Z0-9].+\.$|^[A-Z].+$/);
      expect(labels.join()).not.toMatch(/user|key|session|tag/);
    },
  );

  it('tell of a consumer in the fullest limits alone', () => {
    const told = Object.entries(FAMILIES).filter(([, { labels }]) =>
      labels.some((label) => label === 'consumer'),
    );
    expect(told.map(([name]) => name)).toEqual(['gateway_limit_used_ratio', 'gateway_limit_held_ratio']);
  });
});
