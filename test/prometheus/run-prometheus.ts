import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import * as z from 'zod';
import { freePort } from '../../local/fc/free-port.ts';
import { atEnd } from '../helpers/at-end.ts';

const OURS = fileURLToPath(new URL('../../observability/prometheus/', import.meta.url));

interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface Prometheus {
  url: string;
  /** What an expression is now. */
  query(expr: string): Promise<Sample[]>;
}

/** Our configuration in a folder of its own, with what an operator writes into it; gone when the file is done. */
export async function aConfiguration(port: number, token: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sublet-prometheus-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  await cp(OURS, folder, { recursive: true });
  await writeFile(join(folder, 'metrics-token'), `${token}\n`);
  const text = await readFile(join(folder, 'prometheus.yml'), 'utf8');
  const mine = [
    ['console.example.com:443', `127.0.0.1:${port}`],
    ['scheme: https', 'scheme: http'],
    ['scrape_interval: 1m', 'scrape_interval: 1s'],
    ['scrape_timeout: 20s', 'scrape_timeout: 1s'],
  ] as const;
  for (const [theirs] of mine) expect(text).toContain(theirs);
  const written = mine.reduce((config, [theirs, ours]) => config.replace(theirs, ours), text);
  await writeFile(join(folder, 'prometheus.yml'), written);
  return folder;
}

/** A Prometheus on loopback with the configuration of a folder, ended when the file is done. */
export async function aPrometheus(folder: string): Promise<Prometheus> {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  await once(child, 'spawn');
  atEnd(async () => {
    if (child.exitCode !== null) return undefined;
    child.kill('SIGTERM');
    return once(child, 'exit');
  });
  const url = `http://${address}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`);
    return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok ?? false;
  });
  return { url, query: (expr) => query(url, expr) };
}

const Answer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.enum(['vector', 'scalar']),
    result: z.array(z.unknown()),
  }),
});
const Vector = z.array(
  z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
);

async function query(url: string, expr: string): Promise<Sample[]> {
  const reply = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${expr}: ${text}`);
  const { data } = Answer.parse(JSON.parse(text));
  return Vector.parse(data.result).map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** Waits for what happens, not for time; what does not happen in a minute does not. */
export async function until(isSo: () => Promise<boolean>, deadlineMs = 60_000): Promise<void> {
  const untilMs = performance.now() + deadlineMs;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error('It did not come to that in time.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
