import { describe, expect, it } from 'vitest';
import { askedBy } from './promql.ts';

const names = (expr: string) => askedBy(expr).selectors.map(({ name }) => name);

describe('what a query asks for', () => {
  it.each([
    ['up', ['up']],
    ['rate(a_total[5m])', ['a_total']],
    ['rate(a_total{x="1"}[$__rate_interval]) / ignoring (y) b', ['a_total', 'b']],
    ['sum by (le) (a_bucket) or sum(b) without (z) unless on (y) c', ['a_bucket', 'b', 'c']],
    ['histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m])))', ['a_bucket']],
    ['time() - a > 1e3 and b * on (x) group_left (y) c offset 5m', ['a', 'b', 'c']],
    ['a >= 0.8 < 1', ['a']],
    ['max_over_time(a{b="c"}[5m:1m]) == bool 0', ['a']],
  ])('%s', (expr, expected) => {
    expect(names(expr)).toEqual(expected);
  });

  it('is known with the labels it is told apart by', () => {
    const asked = askedBy('sum by (x, y) (a{b="1",c=~"d|\\"e",f!="}"}) and on (z) g');
    expect(asked).toEqual({
      selectors: [
        {
          name: 'a',
          matchers: [
            { label: 'b', value: '1' },
            { label: 'c', value: 'd|\\"e' },
            { label: 'f', value: '}' },
          ],
        },
        { name: 'g', matchers: [] },
      ],
      groupings: ['x', 'y', 'z'],
    });
  });

  it.each(['a{b=1}', 'a{b="1" c="2"}', 'sum by (x a', 'a ; b', 'a{b}'])('cannot be told of %s', (expr) => {
    expect(() => askedBy(expr)).toThrow();
  });
});
