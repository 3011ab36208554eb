import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { freePort } from '../../../local/fc/free-port.ts';
import type { Bench, Case } from '../bench.ts';
import { median, milliseconds, ratios } from '../figures.ts';
import { type Load, once } from '../load.ts';
import { cpuMs, type Process, startServer } from '../processes.ts';
import { fileOf, ROUTER, startTarget } from '../targets.ts';

type Request = Pick<Load, 'url' | 'headers' | 'body'>;

interface Start {
  wallMs: number;
  cpuMs: number;
}

/** From nothing to the first token of a proxied call, beside the first answer of a server that does nothing. */
export const coldStart: Case = {
  name: 'cold',
  async measure(bench) {
    const { report } = bench;
    const file = await buildEmptyServer();
    const starts: { router: Start; empty: Start }[] = [];
    for (let round = 0; round <= bench.rounds * 2; round += 1)
      starts.push({ router: await startRouter(bench), empty: await startEmpty(file) });
    starts.shift();
    await rm(dirname(file), { recursive: true });
    const of = (name: 'router' | 'empty', what: keyof Start) => starts.map((start) => start[name][what]);

    report.title('Cold start to the first token: time, CPU');
    for (const name of ['empty', 'router'] as const)
      report.figures(name, milliseconds(median(of(name, 'wallMs'))), milliseconds(median(of(name, 'cpuMs'))));
    report.ratio(
      'cold start to the first token: router / an empty Hono server',
      ratios(of('router', 'wallMs'), of('empty', 'wallMs')),
      1.5,
    );
    report.ratio('the same: CPU', ratios(of('router', 'cpuMs'), of('empty', 'cpuMs')));
    const { size } = await stat(ROUTER.at(-1)!);
    report.note("the router's bundle", `${Math.round(size / 1000)} KB`);
  },
};

function startRouter({ world, books }: Bench): Promise<Start> {
  return books.over(() =>
    firstToken(async () => {
      const { process, request } = await startTarget('router', world);
      return { process: process!, request: request('passed', true) };
    }),
  );
}

function startEmpty(file: string): Promise<Start> {
  return firstToken(async () => {
    const port = await freePort();
    const process = await startServer(['--enable-source-maps', file], port, { PORT: String(port) });
    return { process, request: { url: `http://127.0.0.1:${port}/`, headers: {}, body: '{}' } };
  });
}

/** The token comes as soon as the upstream sends it; what follows it is waited for and not told. */
async function firstToken(start: () => Promise<{ process: Process; request: Request }>): Promise<Start> {
  const startedMs = performance.now();
  const { process, request } = await start();
  const first = { wallMs: Number.NaN, cpuMs: Number.NaN };
  await once(undefined, request, () => {
    first.wallMs = performance.now() - startedMs;
    first.cpuMs = cpuMs(process.pid);
  });
  await process.stop();
  return first;
}

/** Bundled as our functions are. */
async function buildEmptyServer(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sublet-empty-server-'));
  const outfile = join(directory, 'server.mjs');
  await build({
    entryPoints: [fileOf('empty-server.ts')],
    outfile,
    bundle: true,
    minify: true,
    sourcemap: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    logLevel: 'warning',
  });
  return outfile;
}
