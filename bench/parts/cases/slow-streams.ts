import { type Case, costOf, inRounds } from '../bench.ts';
import { median, megabytes, microseconds, milliseconds, percentile, ratios } from '../figures.ts';
import { rssBytes } from '../processes.ts';
import { SLOW } from '../script.ts';
import type { Target } from '../targets.ts';

const STREAMS = 500;
/** They come one after the other, as callers do, and all are there before the first has ended. */
const PER_SECOND = 250;
const LOOK_EVERY_MS = 100;
const NAMES = ['direct', 'piped', 'router'] as const;

/** Many callers who read along: what each waits for the first token, and what they cost together. */
export const slowStreams: Case = {
  name: 'slow',
  async measure(bench) {
    const { report } = bench;
    const results = await inRounds(bench, NAMES, async (target) => {
      const load = {
        ...target.request('slow', true),
        connections: STREAMS,
        requests: STREAMS,
        perSecond: PER_SECOND,
      };
      const memory = watchMemory(target);
      const { firstMs, cpuUs } = await costOf(bench, target, load);
      return {
        p50: percentile(firstMs, 0.5),
        p99: percentile(firstMs, 0.99),
        rss: memory.most(),
        cpuUs: cpuUs / (STREAMS * SLOW.output),
      };
    });
    type What = keyof (typeof results)['router'][number];
    const of = (name: (typeof NAMES)[number], what: What) => results[name].map((result) => result[what]);

    report.title(`${STREAMS} slow streams: first token p50, p99, most memory, CPU a chunk`);
    for (const name of NAMES) {
      const figure = (what: What) => median(of(name, what));
      const [p50, p99] = [milliseconds(figure('p50')), milliseconds(figure('p99'))];
      report.figures(name, p50, p99, megabytes(figure('rss')), microseconds(figure('cpuUs')));
    }
    const ratio = (what: What) => ratios(of('router', what), of('piped', what));
    const upstream = `${SLOW.firstAfterMs} ms of them the upstream's`;
    report.ratio(
      `${STREAMS} slow streams, first token p50 (${upstream}): router / piped proxy`,
      ratio('p50'),
      1.2,
    );
    report.ratio('the same: p99', ratio('p99'), 1.2);
    report.ratio('the same: memory', ratio('rss'), 1.2);
    report.ratio('the same: CPU a chunk, start of the call included', ratio('cpuUs'));
  },
};

function watchMemory({ process }: Target) {
  let most = Number.NaN;
  const look = () => {
    if (process) most = Math.max(most || 0, rssBytes(process.pid));
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    most: () => {
      clearInterval(timer);
      return most;
    },
  };
}
