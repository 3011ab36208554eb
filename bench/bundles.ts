import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildFunctions } from '../local/build.ts';
import { freePort } from '../local/fc/free-port.ts';
import { bundleBytes } from './parts/bundle-files.ts';
import { median, milliseconds, ratios } from './parts/figures.ts';
import { startServer } from './parts/processes.ts';
import { Report } from './parts/report.ts';
import { fileOf } from './parts/targets.ts';

/**
 * What each function's bundle weighs, and how long it takes from its spawning to the first byte of an answer, beside a bare
 * Node server: `npx -c 'node bench/bundles.ts [--rounds n]'`. Ends with exit 1 where a budget is exceeded.
 */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const ROUNDS = Number(values.rounds);
const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Budget {
  /** Of what is read at the start, without what is loaded when it is first needed. */
  kilobytes: number;
  /** Of a start, as a multiple of the bare server's. */
  start: number;
}

/** What there is now and a quarter more: who exceeds it has put something on the way of every cold start. */
const BUDGETS: Record<string, Budget> = {
  router: { kilobytes: 560, start: 3 },
  'custom-agent': { kilobytes: 210, start: 2.5 },
  'model-pull': { kilobytes: 500, start: 3 },
  'ollama-proxy': { kilobytes: 330, start: 2.5 },
  console: { kilobytes: 360, start: 3 },
};

await buildFunctions();
const folder = await mkdtemp(join(tmpdir(), 'sublet-bench-bundles-'));
const report = new Report();
let isOver = false;
try {
  for (const name of readdirSync(join(ROOT, 'functions'))) await measure(name, budgetOf(name));
} finally {
  await rm(folder, { recursive: true });
}
report.table();
console.log(`${cpus().length} cores, Node ${process.version}, ${ROUNDS} rounds`);
process.exitCode = isOver ? 1 : 0;

function budgetOf(name: string): Budget {
  const budget = BUDGETS[name];
  if (!budget) throw new Error(`${name} has no budget: give it one.`);
  return budget;
}

async function measure(name: string, budget: Budget): Promise<void> {
  const starts: { own: number; bare: number }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1)
    starts.push({ own: await startMs([bundleOf(name)]), bare: await startMs([fileOf('bare-server.ts')]) });
  starts.shift(); // the first is for warming up the disk
  const [own, bare] = [starts.map((each) => each.own), starts.map((each) => each.bare)];
  const bytes = bundleBytes(bundleOf(name));
  const kilobytes = bytes.atStart / 1000;
  report.title(name);
  report.figures('start', milliseconds(median(own)), milliseconds(median(bare)));
  report.ratio(`${name}: spawn to the first byte / a bare Node server`, ratios(own, bare), budget.start);
  report.ratio(
    `${name}: ${Math.round(kilobytes)} KB at its start / ${budget.kilobytes} KB`,
    [kilobytes / budget.kilobytes],
    1,
  );
  report.note(`${name}: loaded when first needed`, `${Math.round(bytes.later / 1000)} KB`);
  isOver ||= median(ratios(own, bare)) > budget.start || kilobytes > budget.kilobytes;
}

/** Its database is not there: that is asked for beside the start, and `/healthz` says so. */
async function startMs(args: readonly string[]): Promise<number> {
  const port = await freePort();
  const startedMs = performance.now();
  const server = await startServer(['--enable-source-maps', ...args], port, {
    PORT: String(port),
    FC_CUSTOM_LISTEN_PORT: String(port),
    LISTEN_ADDRESS: '127.0.0.1',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
    KEY_PEPPER: 'a pepper that no key was ever made with',
    INTERNAL_SECRET: 'a secret that nobody else has been told',
    METRICS_TOKEN: 'a token that no Prometheus has been told',
    OLLAMA_MODELS: folder,
    OLLAMA_HOME: folder,
    OLLAMA_COMMAND: '["sleep","60"]',
  });
  await firstByte(`http://127.0.0.1:${port}/healthz`);
  const tookMs = performance.now() - startedMs;
  await server.stop();
  return tookMs;
}

function firstByte(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (answer) => answer.resume().once('end', resolve)).once('error', reject);
  });
}

function bundleOf(name: string): string {
  return join(ROOT, 'dist', name, 'server.mjs');
}
