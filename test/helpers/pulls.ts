import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { isOver, type JobState, type ModelJob } from '#shared/model-jobs/job.ts';
import { readManifest } from '#shared/protocol/registry/manifest.ts';
import { modelPath, parseModelName } from '#shared/protocol/registry/model-name.ts';
import type { ModelPull } from './model-pull.ts';

const LOOK_EVERY_MS = 50;
const LONGEST_MS = 25_000;

type Line = Record<string, unknown>;

/** The lines of an answer of NDJSON. */
export const linesOf = async (response: Response): Promise<Line[]> =>
  (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** Pulls and waits for the end. @returns the status, and the body. */
export async function pulled(pull: ModelPull, body: object): Promise<{ status: number; body: Line }> {
  const response = await pull.ask('POST', '/api/pull', { stream: false, ...body });
  return { status: response.status, body: (await response.json()) as Line };
}

/** Opens a job by an answer of ours that has one. */
export async function jobIn(response: Response | Promise<Response>): Promise<ModelJob> {
  const { pull } = (await (await response).json()) as { pull: ModelJob };
  return pull;
}

export const jobOf = (pull: ModelPull, id: string) => jobIn(pull.ask('GET', `/pulls/${id}`));

/** The newest job of a model. */
export async function newestJob(pull: ModelPull, model: string): Promise<ModelJob> {
  const { pulls } = (await (await pull.ask('GET', '/pulls?limit=200')).json()) as { pulls: ModelJob[] };
  const path = modelPath(parseModelName(model));
  return pulls.find((job) => job.model === path)!;
}

/** Looks at a job until this is true of its state. @throws Error when it does not come true. */
export async function untilJob(
  pull: ModelPull,
  id: string,
  isTrue: (job: ModelJob) => boolean,
): Promise<ModelJob> {
  for (const untilMs = performance.now() + LONGEST_MS; ; ) {
    const job = await jobOf(pull, id);
    if (isTrue(job)) return job;
    if (performance.now() > untilMs) throw new Error(`It did not come true of ${JSON.stringify(job)}`);
    await pause(LOOK_EVERY_MS);
  }
}

export const untilOver = (pull: ModelPull, id: string) => untilJob(pull, id, isOver);
export const isOf =
  (status: JobState['status']) =>
  ({ state }: ModelJob): boolean =>
    state.status === status;

/** All files that Ollama could see, with their sizes and the times of their writing. */
export async function published(store: string): Promise<string[]> {
  const all = await Promise.all(['blobs', 'manifests'].map((folder) => filesBelow(store, folder)));
  return all.flat().toSorted();
}

/** What is on its way, by the names of the folders. */
export const staged = async (store: string): Promise<string[]> =>
  (await readdir(join(store, '.pull'))).filter((name) => name !== 'tmp' && name !== 'verified');

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const found = entries.map(async (entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(root, path);
    const { size, mtimeMs } = await stat(join(root, path));
    return [`${path} ${size} ${mtimeMs}`];
  });
  return (await Promise.all(found)).flat();
}

/** The manifest of a model in a store. */
export const manifestIn = async (store: string, model: string) =>
  readManifest(await readFile(join(store, 'manifests', modelPath(parseModelName(model)))));

export const blobFile = (store: string, digest: string) => join(store, 'blobs', digest.replace(':', '-'));

/** A message for a caller: some words on one line, and nothing of where and how we run. */
export function expectClear(message: unknown, { store, databaseUrl, secret }: ModelPull): void {
  expect(message).toEqual(expect.any(String));
  const text = message as string;
  expect(text).toMatch(/^[^\n]{8,700}$/);
  expect(text).not.toMatch(/\bat .+:\d+:\d+|node:|\.m?[jt]s\b|Error:|ZodError|\[object|ENOENT/);
  expect(text).not.toContain('Something went wrong on our side');
  for (const inside of [store, databaseUrl, secret]) expect(text).not.toContain(inside);
}
