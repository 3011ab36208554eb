import { afterAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aCutProxy } from '../helpers/chaos-cut-proxy.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aModelPull, aStoreFolder } from '../helpers/model-pull.ts';
import {
  aCall,
  aLongFile,
  BATCH_BYTES,
  MB,
  newestJob,
  SUCCESS,
  stagedBytes,
} from '../helpers/model-pull-chaos.ts';
import { problemsIn, snapshotOf } from '../helpers/model-pull-wholeness.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const databaseUrl = await aDatabaseUrl();
const store = await aStoreFolder();
const far = new URL(databaseUrl);
const way = await aCutProxy({ host: far.hostname, port: Number(far.port) });
const near = new URL(databaseUrl);
[near.hostname, near.port] = ['127.0.0.1', String(way.port)];
const start = (leaseMs: number) =>
  aModelPull({ registry, databaseUrl: near.href, store, environment: { JOB_LEASE_MS: String(leaseMs) } });
const [patient, brief] = await Promise.all([start(600_000), start(3_000)]);

let seed = 0;
async function aHeldPull(pull: typeof patient) {
  seed += 1;
  const file = await aLongFile(4 * MB, seed);
  const { digest } = file;
  const name = registry.nameOf(registry.addModel(`away-${seed}`, aTinyModel({ model: file })));
  const { release } = registry.setFault(
    { at: 'data', blob: digest, nth: 1 },
    { kind: 'stall', afterBytes: 2 * MB },
  );
  const call = aCall(pull, name);
  await eventually(() => stagedBytes(store, digest)).toBeGreaterThan(2 * MB - BATCH_BYTES);
  const request = registry.requests.find((each) => each.asked === 'data' && each.digest === digest)!;
  return { file, call, request, release };
}

const failedReports = ({ log }: typeof patient) =>
  log.filter((line) => line.includes('"event":"progress"')).length;

describe('a database that is away in the middle of a pull', () => {
  it('for shorter than a lease changes nothing', async () => {
    const { file, call, release } = await aHeldPull(patient);
    way.close();
    const before = failedReports(patient);
    await eventually(() => failedReports(patient)).toBeGreaterThan(before + 1);
    way.open();
    release();
    expect(await call.ended).toEqual(SUCCESS);
    expect(registry.bytesServed(file.digest)).toBe(file.size);
    expect(await newestJob(patient)).toMatchObject({ attempt: 1, state: { status: 'ready' } });
  });

  it('as the work ends is waited for: what was done is not told as a failure', async () => {
    const { call, release } = await aHeldPull(patient);
    way.close();
    release();
    const before = failedReports(patient);
    await eventually(() => failedReports(patient)).toBeGreaterThan(before + 1);
    way.open();
    expect(await call.ended).toEqual(SUCCESS);
    expect(await newestJob(patient)).toMatchObject({ attempt: 1, state: { status: 'ready' } });
  });

  it('for longer than a lease stops the work; when it is back the pull goes on and ends well', async () => {
    const { file, call, request, release } = await aHeldPull(brief);
    way.close();
    expect(await request.closed).toBe('left');
    release();
    await eventually(() => brief.log.filter((line) => line.includes('"status":"lost"'))).toHaveLength(1);
    const served = registry.bytesServed(file.digest);
    const before = snapshotOf(store);
    way.cut();
    expect(snapshotOf(store)).toEqual(before);
    expect(registry.bytesServed(file.digest)).toBe(served);
    way.open();
    expect(await call.ended).toEqual(SUCCESS);
    expect((await newestJob(brief)).attempt).toBeGreaterThan(1);
    expect(problemsIn(store)).toEqual([]);
  });

  it('for moments, again and again, is not noticed', async () => {
    const { file, call, release } = await aHeldPull(patient);
    const cutting = setInterval(way.cut, 50);
    release();
    const last = await call.ended;
    clearInterval(cutting);
    expect(last).toEqual(SUCCESS);
    expect(registry.bytesServed(file.digest)).toBe(file.size);
  });
});
