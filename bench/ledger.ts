import { median } from './parts/figures.ts';
import { anyKey, batching, hotKey, statementPerCall, type Way } from './parts/ledger-ways.ts';
import { aWorld, type World } from './parts/ledger-world.ts';

/**
 * Pairs of admit and settle a second, and how long one takes: natural batches beside a statement per call, over a pool as drivers
 * make it and over one connection a router, in one run, on one durable PostgreSQL. All tenants share one root; a call's path has
 * five limits. `node bench/ledger.ts [seconds] [rounds] [case]`.
 */
const SECONDS = Number(process.argv[2] ?? 3);
const ROUNDS = Number(process.argv[3] ?? 3);
/** How the cases that are run begin. */
const CASE = process.argv[4] ?? '';
/** What drivers take if nobody says otherwise (`postgres`, `pg`). */
const POOL = 10;
const WARM_UP_MS = 3_000;

interface Case {
  name: string;
  routers: number;
  /** Calls at once, in all. */
  concurrency: number;
  key: () => number;
}

const CASES: Case[] = [
  { name: '1 router, 1 at once', routers: 1, concurrency: 1, key: anyKey },
  { name: '1 router, 64 at once, spread keys', routers: 1, concurrency: 64, key: anyKey },
  { name: '1 router, 64 at once, one hot key', routers: 1, concurrency: 64, key: hotKey },
  { name: '1 router, 500 at once, spread keys', routers: 1, concurrency: 500, key: anyKey },
  { name: '1 router, 500 at once, one hot key', routers: 1, concurrency: 500, key: hotKey },
  { name: '3 routers, 64 at once each', routers: 3, concurrency: 192, key: anyKey },
  { name: '24 routers, 8 at once each', routers: 24, concurrency: 192, key: anyKey },
  { name: '24 routers, 64 at once each', routers: 24, concurrency: 1536, key: anyKey },
];

interface Result {
  pairsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

const WAYS: { name: string; way: (url: string) => Way }[] = [
  { name: 'batched', way: batching },
  { name: `a statement per call, ${POOL} connections a router`, way: (url) => statementPerCall(url, POOL) },
  { name: 'a statement per call, 1 connection a router', way: (url) => statementPerCall(url, 1) },
];

for (const flushMs of [0, 3]) await on(flushMs);

/** All cases, on a disk that takes so much longer to flush. */
async function on(flushMs: number): Promise<void> {
  console.log(`# a flush takes ${flushMs} ms longer`);
  const world = await aWorld(flushMs);
  try {
    for (const each of CASES.filter(({ name }) => name.startsWith(CASE))) await compare(world, each);
    const [drift] = await world.sql`select count(*)::int as rows from ledger_drift`;
    console.log(`drift: ${drift!.rows} rows\n`);
    if (drift!.rows > 0) process.exitCode = 1;
  } finally {
    await world.stop();
  }
}

/** Round by round, the one after the other: what the machine does meanwhile hits all. */
async function compare(world: World, each: Case): Promise<void> {
  const rounds: Result[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const results: Result[] = [];
    for (const { way } of WAYS) results.push(await measure(each, () => way(world.url)));
    rounds.push(results);
  }
  console.log(each.name);
  for (const [index, { name }] of WAYS.entries()) {
    const of = (figure: keyof Result) => median(rounds.map((results) => results[index]![figure]));
    const ratio = median(rounds.map((results) => perSecond(results[0]!) / perSecond(results[index]!)));
    console.log(
      `  ${name}: ${of('pairsPerSecond').toFixed(0)} pairs/s, p50 ${of('p50Ms').toFixed(1)} ms, p99 ${of('p99Ms').toFixed(1)} ms` +
        (index === 0 ? '' : `; batched / this: ${ratio.toFixed(1)}`),
    );
  }
}

/** At least one a round, so that a way in which nobody comes to an end has a ratio too. */
function perSecond({ pairsPerSecond }: Result): number {
  return Math.max(pairsPerSecond, 1 / SECONDS);
}

async function measure({ routers, concurrency, key }: Case, aWay: () => Way): Promise<Result> {
  const ways = Array.from({ length: routers }, aWay);
  let measuring = false;
  let ended = false;
  const tookMs: number[] = [];
  const caller = async (way: Way) => {
    while (!ended) {
      const startedMs = performance.now();
      await way.pair(key());
      if (measuring) tookMs.push(performance.now() - startedMs);
    }
  };
  const callers = Array.from({ length: concurrency }, (_, i) => caller(ways[i % routers]!));
  // A new connection plans and compiles all functions with its first batches; that of a router lives for long.
  await pause(WARM_UP_MS);
  measuring = true;
  await pause(SECONDS * 1_000);
  measuring = false;
  ended = true;
  await Promise.all(callers);
  await Promise.all(ways.map((way) => way.close()));
  tookMs.sort((a, b) => a - b);
  const at = (share: number) => tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN;
  return { pairsPerSecond: tookMs.length / SECONDS, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
