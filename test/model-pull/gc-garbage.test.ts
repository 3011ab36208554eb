import { existsSync } from 'node:fs';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { blobsOf } from '#shared/protocol/registry/manifest.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { blobFile, isOf, jobIn, manifestIn, published, pulled, staged, untilJob } from '../helpers/pulls.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const pull = await aModelPull({ registry });
const { store, databaseUrl } = pull;
const dying = await aModelPull({ registry, store, databaseUrl });
afterEach(() => registry.clearFaults());

let models = 0;
/** A model with a template and a config of its own, and weights that all share. */
function aModel() {
  models += 1;
  const parts = aTinyModel({ template: `{{ .Prompt }} ${models}`, config: { number: models } });
  const { name, digests } = registry.addModel(`model-${models}`, parts);
  return { model: `${registry.host}/${name}`, where: name, digests };
}

interface Collected {
  dry_run: boolean;
  removed: { path: string; bytes: number }[];
  kept: { path: string }[];
  bytes: number;
}
async function collected(body: object): Promise<Collected> {
  const response = await pull.ask('POST', '/gc', body);
  const answer = (await response.json()) as Collected;
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}
const pathsOf = (answer: Collected) => answer.removed.map(({ path }) => path).toSorted();
const nameOf = (digest: string) => `blobs/${digest.replace(':', '-')}`;
const remove = async (model: string) =>
  expect((await pull.ask('DELETE', '/api/delete', { model })).status).toBe(200);
const blobsIn = async (model: string) => blobsOf(await manifestIn(store, model)).map(({ digest }) => digest);
/** So that what was just written is older than nothing at all. */
const aMoment = () => pause(20);

describe('a model that is removed', () => {
  it('is gone at once, and its files only when nobody can be using them, without those that others name', async () => {
    const [gone, stays] = [aModel(), aModel()];
    for (const { model } of [gone, stays]) await pulled(pull, { model });
    const [mine, shared] = [await blobsIn(gone.model), new Set(await blobsIn(stays.model))];
    const own = mine.filter((digest) => !shared.has(digest));
    expect(own).toHaveLength(2);
    await remove(gone.model);
    expect((await pull.ask('POST', '/api/show', { model: gone.model })).status).toBe(404);
    for (const digest of mine) expect(existsSync(blobFile(store, digest))).toBe(true);

    expect((await collected({})).removed).toEqual([]); // all of it is younger than the grace
    await aMoment();
    const seen = await published(store);
    const tried = await collected({ dry_run: true, grace_ms: 1 });
    expect(tried.dry_run).toBe(true);
    expect(pathsOf(tried)).toEqual(own.map(nameOf).toSorted());
    expect(await published(store)).toEqual(seen);

    const done = await collected({ grace_ms: 1 });
    expect(pathsOf(done)).toEqual(pathsOf(tried));
    expect(done.bytes).toBe(tried.bytes);
    for (const digest of own) expect(existsSync(blobFile(store, digest))).toBe(false);
    for (const digest of shared) expect(existsSync(blobFile(store, digest))).toBe(true);
    expect((await pulled(pull, { model: stays.model })).body).toEqual({ status: 'success' });
  });

  it('that is not there is said to be not there, in the words of Ollama', async () => {
    const response = await pull.ask('DELETE', '/api/delete', { model: 'none' });
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: "model 'none:latest' not found" },
    ]);
  });

  it('can be pulled again, and nothing of it is garbage then', async () => {
    const { model, digests } = aModel();
    await pulled(pull, { model });
    await remove(model);
    const before = registry.requests.filter(({ asked }) => asked === 'data').length;
    await pulled(pull, { model });
    expect(registry.requests.filter(({ asked }) => asked === 'data')).toHaveLength(before);
    await aMoment();
    expect((await collected({ grace_ms: 0 })).removed.map(({ path }) => path)).not.toContain(
      nameOf(digests[1]!),
    );
  });
});

describe('what is kept', () => {
  it('is what an open job will name, also when its worker is gone, and goes on with it', async () => {
    const { model, digests } = aModel();
    const [, template = '', , , config = ''] = digests;
    const held = registry.setFault({ at: 'data', blob: template }, { kind: 'stall', afterBytes: 5 });
    const { id } = await jobIn(pull.ask('POST', '/pulls', { model }));
    const run = dying.ask('POST', `/pulls/${id}/run`).catch(() => {});
    await registry.until((all) =>
      all.some(({ digest, bytesSent }) => digest === template && bytesSent === 5),
    );
    const onItsWay = [template, config].map((digest) => digest.slice('sha256:'.length));
    await aMoment();
    expect(await staged(store)).toEqual(expect.arrayContaining(onItsWay));
    await collected({ grace_ms: 0 });
    expect(await staged(store)).toEqual(expect.arrayContaining(onItsWay));

    await dying.kill();
    await run;
    await untilJob(pull, id, isOf('interrupted'));
    await collected({ grace_ms: 0 });
    expect(await staged(store)).toEqual(expect.arrayContaining(onItsWay));
    held.release();
    held.end();
    expect(await jobIn(pull.ask('POST', `/pulls/${id}/run`))).toMatchObject({
      attempt: 2,
      state: { status: 'ready' },
    });
    expect(registry.bytesServed(config)).toBe((await manifestIn(store, model)).config!.size);
  });

  it('is not what a job brought that was stopped, once the grace is over', async () => {
    const { model, digests } = aModel();
    const [, template = ''] = digests;
    const held = registry.setFault({ at: 'data', blob: template }, { kind: 'stall', afterBytes: 5 });
    const { id } = await jobIn(pull.ask('POST', '/pulls', { model }));
    const run = pull.ask('POST', `/pulls/${id}/run`);
    await registry.until((all) =>
      all.some(({ digest, bytesSent }) => digest === template && bytesSent === 5),
    );
    await pull.ask('POST', `/pulls/${id}/stop`);
    await run;
    held.release();
    const folder = `.pull/${template.slice('sha256:'.length)}`;
    expect((await collected({})).removed).toEqual([]);
    await aMoment();
    expect(pathsOf(await collected({ grace_ms: 1 }))).toContain(folder);
    expect(existsSync(join(store, folder))).toBe(false);
  });

  it('is not what is left of a mirroring that nobody goes on with', async () => {
    const folder = `.pull/mirror-${'b'.repeat(64)}`;
    await mkdir(join(store, folder));
    await writeFile(join(store, folder, 'upload.json'), '{}');
    await aMoment();
    expect((await collected({})).removed).toEqual([]);
    expect(pathsOf(await collected({ grace_ms: 1 }))).toContain(folder);
    expect(existsSync(join(store, folder))).toBe(false);
  });

  it('is all of it while one manifest cannot be read, and a reason is given', async () => {
    const { model, where } = aModel();
    await pulled(pull, { model });
    await remove(model);
    await aMoment();
    const [repository = ''] = where.split(':');
    const file = join(store, 'manifests', registry.host, repository, 'broken');
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, '{"schemaVersion":2,');
    const response = await pull.ask('POST', '/gc', { grace_ms: 0 });
    expect(response.status).toBe(409);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message).toMatch(/^Nothing is removed: .*broken/s);
    expect(error.message).not.toContain(store);
    const broken = `${registry.host}/${repository}:broken`;
    expect((await pull.ask('DELETE', '/api/delete', { model: broken })).status).toBe(200);
    expect((await collected({ grace_ms: 0 })).removed.length).toBeGreaterThan(0);
  });

  it('is what nobody of us made in the folder of blobs', async () => {
    const strange = join(store, 'blobs', 'notes.txt');
    const partial = join(store, 'blobs', `sha256-${'a'.repeat(64)}-partial-0`);
    const old = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    for (const file of [strange, partial]) {
      await writeFile(file, 'x');
      await utimes(file, old, old);
    }
    await aMoment();
    const { removed } = await collected({ grace_ms: 1 });
    expect(removed.map(({ path }) => path)).toEqual([`blobs/sha256-${'a'.repeat(64)}-partial-0`]);
    expect(await readFile(strange, 'utf8')).toBe('x');
  });
});
