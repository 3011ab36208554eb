import { type Case, costOf, inRounds } from '../bench.ts';
import { median, milliseconds, percentile, ratios } from '../figures.ts';

const REQUESTS = 500;
const NAMES = ['direct', 'piped', 'router', 'portkey'] as const;

/** How long a small answer takes that has all to itself. */
export const latency: Case = {
  name: 'latency',
  async measure(bench) {
    const { report } = bench;
    const results = await inRounds(bench, NAMES, async (target) => {
      const load = { ...target.request('passed', false), connections: 1, requests: REQUESTS };
      const { lastMs } = await costOf(bench, target, load);
      return { p50: percentile(lastMs, 0.5), p99: percentile(lastMs, 0.99) };
    });
    report.title('One call at a time: p50, p99');
    for (const name of NAMES) {
      const [p50, p99] = (['p50', 'p99'] as const).map((at) => median(results[name].map((each) => each[at])));
      report.figures(name, milliseconds(p50!), milliseconds(p99!));
    }
    const p50 = (name: (typeof NAMES)[number]) => results[name].map((each) => each.p50);
    report.ratio(
      'latency of one call at a time, p50: router / piped proxy',
      ratios(p50('router'), p50('piped')),
    );
    report.ratio('the same: router / Portkey', ratios(p50('router'), p50('portkey')));
  },
};
