import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { freePort } from '../local/fc/free-port.ts';
import { megabytes, ratios } from './parts/figures.ts';
import { startServer } from './parts/processes.ts';
import { Report } from './parts/report.ts';
import { fileOf } from './parts/targets.ts';

/**
 * A blob pulled as model-pull does it, verified and on disk, beside `curl` and then `sha256sum`: from one registry on
 * loopback, into one folder, in one run. `npx -c 'node bench/pull.ts [--gb n] [--rounds n] [--parallel n] [--in folder]'`.
 */
const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    parallel: { type: 'string', default: '8' },
    in: { type: 'string', default: tmpdir() },
  },
});
const size = Math.round(Number(values.gb) * 1e9);
const MOST_SHARE_OF_TIME = 1.25; // a throughput of 0.8
const MOST_MEMORY_BYTES = 200e6;

interface Pulled {
  tookMs: number;
  peakBytes: number;
}

const folder = mkdtempSync(join(values.in, 'sublet-bench-pull-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
try {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < size * 1.5)
    throw new Error(`There is no room for ${megabytes(size)} in ${values.in}.`);
  if (spawnSync('curl', ['--version']).error) throw new Error('There is no curl to compare with.');
  await bundleClient();
  const server = await startServer([fileOf('pull-registry.ts')], port, {
    PORT: String(port),
    SIZE_BYTES: String(size),
  });
  try {
    compare();
  } finally {
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** As it is deployed: one file, in which the thread that hashes has to be found too. */
async function bundleClient(): Promise<void> {
  await build({
    entryPoints: [fileOf('pull-client.ts')],
    outfile: join(folder, 'client.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    external: ['sshpk'], // for keys in a file alone; there is none
    logLevel: 'warning',
  });
}

/** Each round is both, every second one in the other order; the first is for warming up. */
function compare(): void {
  const { digest } = curled();
  const pulls: Pulled[] = [];
  const curls: ReturnType<typeof curled>[] = [];
  const report = new Report();
  report.title(`${megabytes(size)}, ${values.parallel} parts at once`);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    if (round % 2 === 1) curls.push(curled());
    pulls.push(pulled(digest));
    if (round % 2 === 0) curls.push(curled());
    tell(report, pulls.at(-1)!, curls.at(-1)!);
  }
  const times = pulls.map(({ tookMs }) => tookMs);
  const [plain, safe] = [curls.map((each) => each.tookMs), curls.map((each) => each.tookMs + each.flushMs)];
  report.ratio('time: model-pull / curl + sha256sum', ratios(times, plain), MOST_SHARE_OF_TIME);
  report.ratio('throughput: model-pull / curl + sha256sum', ratios(plain, times));
  report.ratio('throughput: model-pull / curl + sha256sum + sync', ratios(safe, times));
  const memory = pulls.map(({ peakBytes }) => peakBytes / MOST_MEMORY_BYTES);
  report.ratio(`peak memory of model-pull / ${megabytes(MOST_MEMORY_BYTES)}`, memory, 1);
  report.table();
  console.log(`${cpus().length} cores, Node ${process.version}, medians of ${values.rounds} rounds`);
  console.log(`Again: npx -c '${['node bench/pull.ts', ...process.argv.slice(2)].join(' ')}'`);
}

function tell(report: Report, { tookMs, peakBytes }: Pulled, curl: ReturnType<typeof curled>): void {
  const speed = (ms: number) => `${megabytes((size / ms) * 1e3)}/s`;
  report.figures('model-pull', speed(tookMs), megabytes(peakBytes));
  report.figures('curl', speed(curl.tookMs), `sync ${curl.flushMs.toFixed(0)} ms`);
}

/** What it takes to have the blob and its digest, and then to have it safely on disk, which model-pull includes. */
function curled(): { digest: string; tookMs: number; flushMs: number } {
  const file = join(folder, 'curled');
  const startedMs = performance.now();
  run('curl', ['--silent', '--fail', '--output', file, `${url}/v2/library/big/blobs/all`]);
  const [hex] = run('sha256sum', [file]).split(' ');
  const tookMs = performance.now() - startedMs;
  run('sync', ['--data', file]);
  const flushMs = performance.now() - startedMs - tookMs;
  rmSync(file);
  return { digest: `sha256:${hex}`, tookMs, flushMs };
}

function pulled(digest: string): Pulled {
  const directory = join(folder, 'pulled');
  const environment = { ORIGIN: url, DIGEST: digest, SIZE_BYTES: String(size), DIRECTORY: directory };
  const told = run(process.execPath, [join(folder, 'client.mjs')], {
    ...environment,
    PARALLEL: values.parallel,
  });
  rmSync(directory, { recursive: true });
  return JSON.parse(told);
}

function run(command: string, args: readonly string[], environment: Record<string, string> = {}): string {
  const env = { PATH: process.env.PATH, ...environment };
  const { status, stdout, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${command} failed.`, { cause: error });
  return stdout;
}
