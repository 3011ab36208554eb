import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Drizzle } from '#shared/db/database.ts';
import { releaseBlob, takeBlob, wantedBlobs } from '#shared/model-jobs/blob-leases.ts';
import { type ModelJob, newJobId, type Taken } from '#shared/model-jobs/job.ts';
import {
  endJob,
  findJob,
  forgetOldJobs,
  listJobs,
  type NewJob,
  openJob,
  reportProgress,
  retryJob,
  stopJob,
  takeJob,
  watchedJob,
} from '#shared/model-jobs/jobs.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';

const LONG_MS = 60_000;
const database = connectedTo(await aDatabaseUrl());
const ask = <T>(work: (db: Drizzle) => Promise<T>) => database.write(work);

beforeEach(() => ask((db) => db.execute(sql`truncate model_jobs cascade`)));

const MODEL = 'registry.ollama.ai/library/tiny/latest';
const DIGEST = `sha256:${'a'.repeat(64)}`;

const open = (rest: Partial<NewJob> = {}) =>
  ask((db) =>
    openJob(db, { id: newJobId(), kind: 'pull', model: MODEL, request: {}, requestedBy: 'test', ...rest }),
  );
const take = (id: string, leaseMs = LONG_MS) => ask((db) => takeJob(db, id, leaseMs));
const taken = async (leaseMs = LONG_MS, rest: Partial<NewJob> = {}): Promise<Taken> =>
  (await take((await open(rest)).id, leaseMs))!;
const statusOf = async (id: string) => (await ask((db) => findJob(db, id)))?.state.status;
const report = (job: Taken, digests?: string[]) =>
  ask((db) =>
    reportProgress(
      db,
      job,
      {
        phase: 'pulling',
        layers: [{ digest: DIGEST, total: 10, completed: 4 }],
        ...(digests && { digests }),
      },
      LONG_MS,
    ),
  );
/** As if its worker had been silent for longer than its lease. */
const expire = ({ id }: Taken) =>
  ask((db) =>
    db.execute(sql`update model_jobs set lease_until = now() - interval '1 second' where id = ${id}`),
  );

describe('a model', () => {
  it('is changed by one job at a time: whoever comes second is given the first', async () => {
    const jobs = await Promise.all(Array.from({ length: 20 }, () => open()));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
  });

  it('can be mirrored meanwhile', async () => {
    const pull = await open();
    expect((await open({ kind: 'mirror' })).id).not.toBe(pull.id);
    expect((await open({ kind: 'delete' })).id).toBe(pull.id);
  });

  it('has a new job when the one before is over', async () => {
    const first = await taken();
    await ask((db) => endJob(db, first, { status: 'ready', manifestDigest: 'd', result: null }));
    expect((await open()).id).not.toBe(first.id);
  });

  it('asked for twice with one id has one job, also when that is over', async () => {
    const id = newJobId();
    const first = (await take((await open({ id })).id))!;
    await ask((db) => endJob(db, first, { status: 'stopped' }));
    expect((await open({ id })).state.status).toBe('stopped');
  });
});

describe('a job', () => {
  it('is taken by one of many', async () => {
    const { id } = await open();
    const all = await Promise.all(Array.from({ length: 20 }, () => take(id)));
    expect(all.filter((each) => each !== undefined)).toHaveLength(1);
  });

  it('whose worker is silent is taken by the next, and is lost to the one before', async () => {
    const first = await taken();
    await expire(first);
    expect(await statusOf(first.id)).toBe('interrupted');
    const second = (await take(first.id))!;
    expect(second.fence).toBeGreaterThan(first.fence);
    expect(await report(first)).toBeUndefined();
    expect(await ask((db) => endJob(db, first, { status: 'stopped' }))).toBe(false);
    expect(await report(second)).toEqual({ stopRequested: false });
    expect(await statusOf(first.id)).toBe('running');
  });

  it('whose lease is over is not renewed, though nobody has taken it: its worker was told so long ago', async () => {
    const job = await taken();
    await expire(job);
    expect(await report(job)).toBeUndefined();
  });

  it('tells how far it is', async () => {
    const job = await taken();
    await report(job);
    const { state } = (await ask((db) => findJob(db, job.id)))!;
    expect(state).toMatchObject({ status: 'running', phase: 'pulling', completedBytes: 4, totalBytes: 10 });
  });

  it('is stopped by its worker where there is one, else at once', async () => {
    const job = await taken();
    await ask((db) => stopJob(db, job.id));
    expect(await statusOf(job.id)).toBe('running');
    expect(await report(job)).toEqual({ stopRequested: true });
    await expire(job);
    expect(await take(job.id)).toBeUndefined();
    await ask((db) => stopJob(db, job.id));
    expect(await statusOf(job.id)).toBe('stopped');
    const queued = await open();
    await ask((db) => stopJob(db, queued.id));
    expect(await statusOf(queued.id)).toBe('stopped');
  });

  it('makes way only while nobody works at it', async () => {
    const job = await taken();
    expect(await ask((db) => stopJob(db, job.id, 'idle'))).toBeUndefined();
    expect(await report(job)).toEqual({ stopRequested: false });
    await expire(job);
    await ask((db) => stopJob(db, job.id, 'idle'));
    expect(await statusOf(job.id)).toBe('stopped');
  });

  it('that failed says why, and is begun again by a retry, unless another is open', async () => {
    const job = await taken();
    await ask((db) => endJob(db, job, { status: 'failed', failure: 'upstream_error', reason: 'no' }));
    const failed = (await ask((db) => findJob(db, job.id)))!;
    expect(failed.state).toMatchObject({ status: 'failed', failure: 'upstream_error', reason: 'no' });
    const other = await open();
    expect(await ask((db) => retryJob(db, job.id))).toBeUndefined();
    await ask((db) => stopJob(db, other.id));
    expect(await ask((db) => retryJob(db, job.id))).toMatchObject({ state: { status: 'queued' } });
    expect(await take(job.id)).toBeDefined();
  });

  it('that was given back can be taken at once', async () => {
    const job = await taken();
    await ask((db) => endJob(db, job, { status: 'queued' }));
    expect(await take(job.id)).toBeDefined();
  });
});

it('jobs are listed page by page, the newest first', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.unshift((await open({ model: `h/n/m/${n}` })).id);
  const page = (before?: string) =>
    ask((db) => listJobs(db, { limit: 2, kinds: ['pull'], ...(before !== undefined && { before }) }));
  const seen: ModelJob[] = [];
  for (let next = await page(); next.length > 0; next = await page(seen.at(-1)!.id)) seen.push(...next);
  expect(seen.map(({ id }) => id)).toEqual(ids);
});

it('a job is watched and listed without the long texts of its request, and worked at with them', async () => {
  const request = { source: 'registry', template: 'x'.repeat(1000) };
  const { id } = await open({ request });
  expect((await ask((db) => findJob(db, id)))!.request).toEqual(request);
  expect((await ask((db) => watchedJob(db, id)))!.request).toEqual({ source: 'registry' });
  const [listed] = await ask((db) => listJobs(db, { limit: 1, kinds: ['pull'] }));
  expect(listed!.request).toEqual({ source: 'registry' });
});

it('what ended long ago is forgotten', async () => {
  const old = await taken();
  await ask((db) => endJob(db, old, { status: 'stopped' }));
  const young = await taken();
  await ask((db) => endJob(db, young, { status: 'stopped' }));
  await ask((db) =>
    db.execute(sql`update model_jobs set ended_at = now() - interval '91 days' where id = ${old.id}`),
  );
  await ask(forgetOldJobs);
  expect([await statusOf(old.id), await statusOf(young.id)]).toEqual([undefined, 'stopped']);
});

describe('a blob', () => {
  const takeIt = (job: Taken) => ask((db) => takeBlob(db, DIGEST, job));

  it('is held by one job at a time, and by it as often as it asks', async () => {
    const jobs = await Promise.all(
      Array.from({ length: 8 }, (_, n) => taken(LONG_MS, { model: `h/n/m/${n}` })),
    );
    const all = await Promise.all(jobs.map(takeIt));
    expect(all.filter(Boolean)).toHaveLength(1);
    const holder = jobs[all.indexOf(true)]!;
    expect(await takeIt(holder)).toBe(true);
    await ask((db) => releaseBlob(db, DIGEST, holder));
    expect(await takeIt(jobs.find((job) => job !== holder)!)).toBe(true);
  });

  it('is free when its holder is silent or over, and never taken by one that has lost its job', async () => {
    const [first, second] = [await taken(), await taken(LONG_MS, { model: 'h/n/other/t' })];
    expect(await takeIt(first)).toBe(true);
    await expire(first);
    expect(await takeIt(first)).toBe(false);
    expect(await takeIt(second)).toBe(true);
    await ask((db) => endJob(db, second, { status: 'stopped' }));
    const again = (await take(first.id))!;
    expect(await takeIt(again)).toBe(true);
    expect(await takeIt(first)).toBe(false);
  });

  it('is wanted while a job that names it is open', async () => {
    const job = await taken();
    await report(job, [DIGEST]);
    const wanted = () => ask((db) => wantedBlobs(db, [DIGEST]));
    expect(await wanted()).toEqual(new Set([DIGEST]));
    await expire(job);
    expect(await wanted()).toEqual(new Set([DIGEST]));
    await ask((db) => stopJob(db, job.id));
    expect(await wanted()).toEqual(new Set());
  });

  it('is wanted for a while after a job has named it, unless its model was removed since', async () => {
    const wanted = () => ask((db) => wantedBlobs(db, [DIGEST]));
    const done = { status: 'ready', manifestDigest: null, result: null } as const;
    const pull = await taken();
    await report(pull, [DIGEST]);
    await ask((db) => endJob(db, pull, done));
    expect(await wanted()).toEqual(new Set([DIGEST]));
    const removal = await taken(LONG_MS, { kind: 'delete' });
    await ask((db) => endJob(db, removal, done));
    expect(await wanted()).toEqual(new Set());
  });
});

it('whatever workers do and in whatever order, at most one holds a job, and a blob, at any time', async () => {
  const step = fc.record({
    act: fc.constantFrom('take', 'expire', 'report', 'blob', 'free', 'end'),
    who: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await ask((db) => db.execute(sql`truncate model_jobs cascade`));
      const { id } = await open();
      const workers: (Taken | undefined)[] = [undefined, undefined, undefined];
      let holder = -1;
      let blobHolder = -1;
      for (const { act, who } of steps) {
        const mine = workers[who];
        if (act === 'take') {
          const got = await take(id);
          expect(got !== undefined).toBe(holder === -1);
          if (got) [workers[who], holder, blobHolder] = [got, who, -1];
        } else if (mine === undefined) continue;
        else if (act === 'expire' && holder === who) {
          await expire(mine);
          [holder, blobHolder] = [-1, -1];
        } else if (act === 'report') expect((await report(mine)) !== undefined).toBe(holder === who);
        else if (act === 'blob') {
          expect(await ask((db) => takeBlob(db, DIGEST, mine))).toBe(holder === who);
          if (holder === who) blobHolder = who;
        } else if (act === 'free') await ask((db) => releaseBlob(db, DIGEST, mine));
        else if (act === 'end') {
          expect(await ask((db) => endJob(db, mine, { status: 'queued' }))).toBe(holder === who);
          if (holder === who) [holder, blobHolder] = [-1, -1];
        }
      }
      expect(blobHolder === -1 || blobHolder === holder).toBe(true);
    }),
    { numRuns: 40 },
  );
});
