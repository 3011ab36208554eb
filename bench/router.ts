import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildFunctions } from '../local/build.ts';
import type { Bench, Case } from './parts/bench.ts';
import { Books } from './parts/books.ts';
import { coldStart } from './parts/cases/cold-start.ts';
import { latency } from './parts/cases/latency.ts';
import { longPrompts } from './parts/cases/long-prompts.ts';
import { slowStreams } from './parts/cases/slow-streams.ts';
import { smallAnswers } from './parts/cases/small-answers.ts';
import { passedStreams, translatedStreams } from './parts/cases/streams.ts';
import { Report } from './parts/report.ts';
import { aRouterWorld } from './parts/router-world.ts';

/**
 * The built router, keys and ledger on, beside a direct call, a piped `node:http` proxy and Portkey's gateway: in one run,
 * on one machine, before one upstream, round by round. `npx -c 'node bench/router.ts [--rounds n] [case …]'`.
 */
const CASES: Case[] = [
  smallAnswers,
  latency,
  passedStreams,
  translatedStreams,
  slowStreams,
  longPrompts,
  coldStart,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
});
const wanted = CASES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const names = CASES.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0)
  throw new Error(`There is no case ${unknown.join(', ')}; there are ${names.join(', ')}.`);

await buildFunctions();
const world = await aRouterWorld();
const books = new Books(world);
const report = new Report();
const bench: Bench = { world, books, report, rounds: Number(values.rounds) };
try {
  for (const each of wanted) await each.measure(bench);
  await books.close();
} finally {
  await world.stop();
}
report.table();
console.log(`${cpus().length} cores, Node ${process.version}, medians of ${bench.rounds} rounds`);
console.log(`Again: npx -c '${['node bench/router.ts', ...process.argv.slice(2)].join(' ')}'`);
console.log(`Books: ${books.rounds} rounds of the router, ${books.wrong.length} of them wrong`);
for (const wrong of books.wrong) console.log(`  ${wrong}`);
if (books.wrong.length > 0) process.exitCode = 1;
