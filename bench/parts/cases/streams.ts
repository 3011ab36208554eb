import { type Bench, type Case, costOf, inRounds } from '../bench.ts';
import { aSecond, median, microseconds, ratios } from '../figures.ts';
import { FAST, type ModelName } from '../script.ts';
import type { TargetName } from '../targets.ts';

const CONNECTIONS = 16;
const REQUESTS = { direct: 64, piped: 64, router: 64, portkey: 32 };

export const passedStreams: Case = {
  name: 'passed',
  async measure(bench) {
    const { cpuUs, report } = await chunks(bench, 'passed', ['direct', 'piped', 'router', 'portkey']);
    report('Streams passed through');
    bench.report.ratio(
      'stream passed through, CPU a chunk: router / piped proxy',
      ratios(cpuUs('router'), cpuUs('piped')),
      1.2,
    );
    bench.report.ratio('the same: router / Portkey', ratios(cpuUs('router'), cpuUs('portkey')));
  },
};

export const translatedStreams: Case = {
  name: 'translated',
  async measure(bench) {
    const { cpuUs, report } = await chunks(bench, 'translated', ['direct', 'piped', 'router']);
    report("Streams translated from Ollama's NDJSON");
    bench.report.ratio(
      "stream from Ollama's NDJSON, CPU a chunk: router / piped proxy",
      ratios(cpuUs('router'), cpuUs('piped')),
      2.5,
    );
  },
};

/** Streams as fast as they go, a token a chunk. */
async function chunks(bench: Bench, model: ModelName, names: readonly TargetName[]) {
  const costs = await inRounds(bench, names, async (target) => {
    const requests = REQUESTS[target.name];
    const load = { ...target.request(model, true), connections: CONNECTIONS, requests };
    const { cpuUs, seconds } = await costOf(bench, target, load);
    const count = requests * FAST.output;
    return { cpuUs: cpuUs / count, perSecond: count / seconds };
  });
  const cpuUs = (name: TargetName) => costs[name].map((cost) => cost.cpuUs);
  const report = (title: string) => {
    bench.report.title(`${title}, ${CONNECTIONS} at once: CPU a chunk, chunks`);
    for (const name of names) {
      const perSecond = costs[name].map((cost) => cost.perSecond);
      bench.report.figures(name, microseconds(median(cpuUs(name))), aSecond(median(perSecond)));
    }
  };
  return { cpuUs, report };
}
