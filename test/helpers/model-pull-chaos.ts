import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { onTestFinished } from 'vitest';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import { aLargeBlob } from '../fakes/registry/a-large-blob.ts';
import type { ByteRange, Content } from '../fakes/registry/content.ts';
import { connectedTo } from './database.ts';
import { aModelPull, type ModelPull } from './model-pull.ts';

export const MB = 1024 * 1024;

/** A model file that takes long: a small GGUF with noise behind it, of which its readers see nothing. */
export async function aLongFile(noiseBytes: number, seed = 1): Promise<Content> {
  const head = tinyGguf();
  const noise = await aLargeBlob(noiseBytes, seed);
  const size = head.length + noise.size;
  function* read({ start, end }: ByteRange): Generator<Buffer> {
    if (start < head.length) yield head.subarray(start, Math.min(end, head.length));
    const from = Math.max(start, head.length) - head.length;
    yield* noise.read({ start: from, end: end - head.length });
  }
  const hash = createHash('sha256');
  for (const chunk of read({ start: 0, end: size })) hash.update(chunk);
  return { size, digest: `sha256:${hash.digest('hex')}`, read };
}

/** A model-pull for one test. */
export async function aWorker(options: Parameters<typeof aModelPull>[0]): Promise<ModelPull> {
  const pull = await aModelPull(options);
  onTestFinished(() => pull.kill());
  return pull;
}

interface Line {
  status?: string;
  error?: string;
  digest?: string;
  completed?: number;
}

/** `POST /api/pull` with its progress. It ends with its last line, or `broken` where the connection did. */
export function aCall(pull: ModelPull, model: string) {
  const left = new AbortController();
  const lines: Line[] = [];
  const read = async (): Promise<Line | 'broken'> => {
    try {
      const response = await pull.ask('POST', '/api/pull', { model }, { signal: left.signal });
      const body = Readable.fromWeb(response.body!);
      for await (const line of createInterface({ input: body })) lines.push(JSON.parse(line) as Line);
      return lines.at(-1)!;
    } catch {
      return 'broken';
    }
  };
  return { lines, ended: read(), hangUp: () => left.abort() };
}

export const SUCCESS = { status: 'success' };

/** All jobs of a store, the newest first. */
async function jobsOf(pull: ModelPull): Promise<ModelJob[]> {
  const response = await pull.ask('GET', '/pulls');
  return ((await response.json()) as { pulls: ModelJob[] }).pulls;
}

export const newestJob = async (pull: ModelPull): Promise<ModelJob> => (await jobsOf(pull))[0]!;

/** Opens a pull that nobody works at yet. @returns its id. */
export async function openedPull(pull: ModelPull, model: string): Promise<string> {
  const response = await pull.ask('POST', '/pulls', { model });
  return ((await response.json()) as { pull: ModelJob }).pull.id;
}

export async function runPull(pull: ModelPull, id: string): Promise<ModelJob> {
  const response = await pull.ask('POST', `/pulls/${id}/run`);
  return ((await response.json()) as { pull: ModelJob }).pull;
}

/** As if all workers had been silent for longer than their leases: whoever was killed cannot write any more. */
export function leasesOf(databaseUrl: string) {
  const database = connectedTo(databaseUrl);
  const expire = sql`update model_jobs set lease_until = clock_timestamp() where status = 'running'`;
  return { expire: () => database.write((db) => db.execute(expire)) };
}

/** How much of a blob an ended worker has made sure of, as it left it on the disk. */
export function claimedBytes(store: string, digest: string): number {
  const journal = join(store, '.pull', digest.slice('sha256:'.length), 'parts.json');
  if (!existsSync(journal)) return 0;
  const { ranges } = JSON.parse(readFileSync(journal, 'utf8')) as { ranges: [number, number][] };
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** How long the file is that a worker is writing a blob to: it grows with the bytes while they come in one part. */
export function stagedBytes(store: string, digest: string): number {
  const file = join(store, '.pull', digest.slice('sha256:'.length), 'data');
  return existsSync(file) ? statSync(file).size : 0;
}

/** Less than this a worker keeps in its memory until more has come. */
export const BATCH_BYTES = 256 * 1024;

/** Stops all threads of a process, and waits until each stands. */
export async function freeze({ child: { pid } }: ModelPull): Promise<void> {
  process.kill(pid!, 'SIGSTOP');
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return; // where there is no such folder nothing can be asked
  const isMoving = () =>
    readdirSync(folder).some((task) => !/\) [Tt] /.test(readFileSync(join(folder, task, 'stat'), 'utf8')));
  while (isMoving()) await new Promise(setImmediate);
}

export const thaw = ({ child: { pid } }: ModelPull) => process.kill(pid!, 'SIGCONT');
