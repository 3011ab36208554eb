import { type Bench, type Case, type Cost, costOf, inRounds } from '../bench.ts';
import { aSecond, median, microseconds, ratios } from '../figures.ts';
import type { Target } from '../targets.ts';

const CONNECTIONS = 64;
/** So many that a round takes a second or two. */
const REQUESTS = { direct: 6_000, piped: 6_000, router: 6_000, portkey: 1_000 };
/** What all of them manage with ease. */
const PER_SECOND = 500;
const PACED_REQUESTS = 1_000;
const NAMES = ['direct', 'piped', 'router', 'portkey'] as const;
type Name = (typeof NAMES)[number];

/**
 * CPU a request where the answers are small: as fast as each of them goes, and at the same pace, since the less a process
 * has to do at once, the more each request costs it.
 */
export const smallAnswers: Case = {
  name: 'small',
  async measure(bench) {
    const costs = await inRounds(bench, NAMES, async (target) => ({
      fast: await costs64(bench, target, { requests: REQUESTS[target.name] }),
      paced: await costs64(bench, target, { requests: PACED_REQUESTS, perSecond: PER_SECOND }),
    }));
    for (const way of ['fast', 'paced'] as const) {
      const of = (name: Name, what: keyof RequestCost) => costs[name].map((cost) => cost[way][what]);
      print(bench, way, of);
    }
  },
};

interface RequestCost {
  cpuUs: number;
  databaseCpuUs: number;
  perSecond: number;
}

async function costs64(
  bench: Bench,
  target: Target,
  load: { requests: number; perSecond?: number },
): Promise<RequestCost> {
  const request = target.request('passed', false);
  const cost: Cost = await costOf(bench, target, { ...request, ...load, connections: CONNECTIONS });
  const { requests } = load;
  return {
    cpuUs: cost.cpuUs / requests,
    databaseCpuUs: cost.databaseCpuUs / requests,
    perSecond: requests / cost.seconds,
  };
}

const PACES = {
  fast: `${CONNECTIONS} connections, as fast as it goes`,
  paced: `${PER_SECOND} requests a second`,
};

function print(
  { report }: Bench,
  way: keyof typeof PACES,
  of: (name: Name, what: keyof RequestCost) => number[],
): void {
  const pace = PACES[way];
  report.title(`Small JSON answers, ${pace}: CPU a request, requests`);
  for (const name of NAMES)
    report.figures(name, microseconds(median(of(name, 'cpuUs'))), aSecond(median(of(name, 'perSecond'))));
  report.figures('PostgreSQL', microseconds(median(of('router', 'databaseCpuUs'))));

  const cpu = (name: Name) => of(name, 'cpuUs');
  report.ratio(
    `small JSON answer, ${pace}, CPU: router / piped proxy`,
    ratios(cpu('router'), cpu('piped')),
    1.5,
  );
  report.ratio('the same: router / Portkey', ratios(cpu('router'), cpu('portkey')), 0.1);
  report.ratio(
    'the same: PostgreSQL beside the router / piped proxy',
    ratios(of('router', 'databaseCpuUs'), cpu('piped')),
  );
  if (way === 'fast')
    report.ratio(
      'the same, requests a second: router / piped proxy',
      ratios(of('router', 'perSecond'), of('piped', 'perSecond')),
    );
}
