import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type ModelJob, newJobId } from '#shared/model-jobs/job.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { isOf, jobIn, jobOf, manifestIn, pulled, untilJob, untilOver } from '../helpers/pulls.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
/** A mirror that is there, so that it may be asked for, and that nobody asks. */
const MIRROR = {
  MODEL_BUCKETS: JSON.stringify([{ bucket: 'models', region: 'cn-hangzhou', prefix: '', use: ['mirror'] }]),
  MODEL_ACCESS_KEY_ID: 'id',
  MODEL_ACCESS_KEY_SECRET: 'secret',
};
const pull = await aModelPull({ registry });
const { store, databaseUrl } = pull;
/** Another instance of the same function. */
const other = await aModelPull({ registry, store, databaseUrl, environment: MIRROR });
const dying = await aModelPull({ registry, store, databaseUrl });
afterEach(() => registry.clearFaults());

let models = 0;
/** A model that nobody has pulled yet, of which at least the config has to come. */
function aModel() {
  models += 1;
  const parts = aTinyModel({ config: { number: models } });
  const { name, digests } = registry.addModel(`model-${models}`, parts);
  return { model: `${registry.host}/${name}`, where: name, config: digests.at(-1)! };
}

const open = (body: object) => pull.ask('POST', '/pulls', body);
const openMirrored = (model: string) => other.ask('POST', '/pulls', { model, source: 'mirror' });
const act = (id: string, verb: string, by = pull) => by.ask('POST', `/pulls/${id}/${verb}`);
const manifestsAsked = (where: string) =>
  registry.requests.filter(({ asked, model }) => asked === 'manifest' && model === where).length;

/** A job at work that goes no further until it is let go. */
async function aHeldJob(by = pull) {
  const { model, where } = aModel();
  const held = registry.setFault({ at: 'manifest', model: where }, { kind: 'silence' });
  const { id } = await jobIn(open({ model }));
  const run = act(id, 'run', by);
  await registry.until(() => held.hits > 0);
  return { id, model, where, run, release: held.release };
}

describe('opening a pull', () => {
  it('gives a job that waits, the same one to whoever asks again', async () => {
    const { model } = aModel();
    const response = await open({ model });
    expect(response.status).toBe(201);
    const job = await jobIn(response);
    expect(job).toMatchObject({ kind: 'pull', requestedBy: 'test', attempt: 0, state: { status: 'queued' } });
    const again = await Promise.all(Array.from({ length: 5 }, () => jobIn(open({ model }))));
    expect(new Set(again.map(({ id }) => id))).toEqual(new Set([job.id]));
  });

  it('with an id of the caller opens one for this id, also when it is over', async () => {
    const [{ model }, id] = [aModel(), newJobId()];
    expect((await jobIn(open({ model, id }))).id).toBe(id);
    await act(id, 'run');
    const response = await open({ model, id });
    expect(response.status).toBe(200);
    expect((await jobIn(response)).state.status).toBe('ready');
  });

  it("is a conflict with an id that is another model's", async () => {
    const id = newJobId();
    await open({ model: aModel().model, id });
    const response = await open({ model: aModel().model, id });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      error: { code: 'conflict', message: expect.stringContaining(id) },
    });
  });

  it('makes a pull that waits for another source give way, and is a conflict with one at work', async () => {
    const { model } = aModel();
    const first = await jobIn(openMirrored(model));
    const second = await jobIn(open({ model }));
    expect((await jobOf(pull, first.id)).state.status).toBe('stopped');
    expect(second.state.status).toBe('queued');

    const held = await aHeldJob();
    const refused = await openMirrored(held.model);
    expect(refused.status).toBe(409);
    const { error } = (await refused.json()) as { error: { message: string } };
    expect(error.message).toContain(`is being pulled (${held.id})`);
    held.release();
    await held.run;
  });
});

describe('a model that is being pulled', () => {
  it('is not removed and not made anew meanwhile', async () => {
    const { model } = aModel();
    await pulled(pull, { model });
    const held = registry.setFault({ at: 'manifest' }, { kind: 'silence' });
    const again = pulled(pull, { model });
    await registry.until(() => held.hits > 0);
    for (const by of [pull, other]) {
      const removal = await by.ask('DELETE', '/api/delete', { model });
      expect(removal.status).toBe(409);
      expect(await removal.json()).toEqual({ error: expect.stringMatching(/is being pulled/) });
      const making = await by.ask('POST', '/api/create', { model, from: model, system: 'x', stream: false });
      expect(making.status).toBe(409);
    }
    held.release();
    expect((await again).body).toEqual({ status: 'success' });
    expect((await pull.ask('DELETE', '/api/delete', { model })).status).toBe(200);
  });

  it('is pulled once for all who ask, at both instances', async () => {
    const { model, where } = aModel();
    const all = await Promise.all([pull, pull, other, other].map((by) => pulled(by, { model })));
    expect(all.map(({ body }) => body)).toEqual(all.map(() => ({ status: 'success' })));
    // Whoever came when the first was over had it looked at again.
    expect(manifestsAsked(where)).toBeLessThanOrEqual(2);
    expect(registry.bytesServed((await manifestIn(store, model)).config!.digest)).toBeGreaterThan(0);
  });
});

describe('a run', () => {
  it('answers when the job is over; twice at once, at one instance or two, it is done once', async () => {
    const { model, where } = aModel();
    const { id } = await jobIn(open({ model }));
    const runs = await Promise.all([pull, pull, other, other].map((by) => act(id, 'run', by)));
    for (const run of runs) {
      expect(run.status).toBe(200);
      expect(await jobIn(run)).toMatchObject({ id, attempt: 1, state: { status: 'ready' } });
    }
    expect(manifestsAsked(where)).toBe(1);
  });

  it('of a job that failed tells of it, and does not try again by itself', async () => {
    const { id } = await jobIn(open({ model: `${registry.host}/library/none` }));
    for (const _ of [1, 2]) {
      const job = await jobIn(act(id, 'run'));
      expect(job).toMatchObject({ attempt: 1, state: { status: 'failed', failure: 'model_not_found' } });
    }
  });
});

describe('a stop', () => {
  it('ends a job at work, also from another instance', async () => {
    const { id, run } = await aHeldJob();
    expect(await jobIn(act(id, 'stop', other))).toMatchObject({
      stopRequested: true,
      state: { status: 'running' },
    });
    expect(await jobIn(run)).toMatchObject({ state: { status: 'stopped' } });
  });

  it('ends one that waits at once, and leaves one that is over as it is', async () => {
    const { id } = await jobIn(open({ model: aModel().model }));
    for (const _ of [1, 2]) expect((await jobIn(act(id, 'stop'))).state.status).toBe('stopped');
    const ready = await jobIn(open({ model: aModel().model }));
    await act(ready.id, 'run');
    expect((await jobIn(act(ready.id, 'stop'))).state.status).toBe('ready');
  });
});

describe('a retry', () => {
  it('goes on where the job was', async () => {
    const { model, config } = aModel();
    const held = registry.setFault({ at: 'data', blob: config }, { kind: 'stall', afterBytes: 100 });
    const { id } = await jobIn(open({ model }));
    const run = act(id, 'run');
    await registry.until((all) =>
      all.some(({ digest, bytesSent }) => digest === config && bytesSent === 100),
    );
    await act(id, 'stop');
    expect((await jobIn(run)).state.status).toBe('stopped');
    held.end();
    expect(await jobIn(act(id, 'retry'))).toMatchObject({
      id,
      stopRequested: false,
      state: { status: 'queued' },
    });
    expect(await jobIn(act(id, 'run'))).toMatchObject({ attempt: 2, state: { status: 'ready' } });
    const asked = registry.requests.filter(({ asked: what, digest }) => what === 'data' && digest === config);
    expect(asked.map(({ range }) => range?.start)).toEqual([0, 100]);
  });

  it('of a job that waits changes nothing; of one that is ready or at work it is a conflict', async () => {
    const waiting = await jobIn(open({ model: aModel().model }));
    expect(await jobIn(act(waiting.id, 'retry'))).toEqual(waiting);
    const held = await aHeldJob();
    expect((await act(held.id, 'retry')).status).toBe(409);
    held.release();
    await held.run;
    expect((await act(held.id, 'retry')).status).toBe(409);
  });

  it('is a conflict while another job is open for the model', async () => {
    const { model } = aModel();
    const first = await jobIn(open({ model }));
    await act(first.id, 'stop');
    const second = await jobIn(open({ model }));
    expect(second.id).not.toBe(first.id);
    const refused = await act(first.id, 'retry');
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ error: { message: 'Another job is open for this model.' } });
  });
});

describe('the list', () => {
  it('comes page by page, the newest first, of one kind or of all', async () => {
    const listed = async (query: string) =>
      (await (await pull.ask('GET', `/pulls?${query}`)).json()) as { pulls: ModelJob[]; has_more: boolean };
    const { pulls: all } = await listed('limit=200');
    const seen: string[] = [];
    for (let page = await listed('limit=3'); ; page = await listed(`limit=3&before=${seen.at(-1)}`)) {
      seen.push(...page.pulls.map(({ id }) => id));
      if (!page.has_more) break;
      expect(page.pulls).toHaveLength(3);
    }
    expect(seen).toEqual(all.map(({ id }) => id));
    const { pulls: deletes } = await listed('kind=delete');
    expect(deletes.map(({ kind }) => kind)).toEqual(['delete']);
    expect((await listed('kind=collect')).pulls).toEqual([]);
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'kind=none'])(
    'with %s is refused, with the field',
    async (query) => {
      const response = await pull.ask('GET', `/pulls?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { param: query.split('=')[0] } });
    },
  );
});

describe('what is asked wrongly', () => {
  it.each([
    ['GET', ''],
    ['POST', '/run'],
    ['POST', '/stop'],
    ['POST', '/retry'],
  ])('%s /pulls/{unknown}%s is not found', async (method, verb) => {
    for (const id of [newJobId(), 'x']) {
      const response = await pull.ask(method, `/pulls/${id}${verb}`);
      expect(response.status).toBe(404);
    }
  });

  it.each<[string, unknown, string]>([
    ['/pulls', { model: 7 }, 'model'],
    ['/pulls', { model: 'x'.repeat(90) }, 'model'],
    ['/pulls', { model: 'tiny', id: 'job_1' }, 'id'],
    ['/pulls', { model: 'tiny', source: 'ftp' }, 'source'],
    ['/pulls', { model: 'a//b' }, 'model'],
    ['/pulls', { model: 'tiny', insecure: true }, 'insecure'],
    ['/pulls', { model: 'mine', source: 'oss://b/k', parameters: { num_ctx: 'many' } }, 'parameters.num_ctx'],
    ['/mirror', { model: 'tiny' }, 'source'],
    ['/gc', { grace_ms: -1 }, 'grace_ms'],
    ['/gc', { dry_run: 'yes' }, 'dry_run'],
  ])('a POST %s of %j is refused, with the field', async (path, body, param) => {
    const response = await pull.ask('POST', path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });

  it.each(['', '{', '[]', 'null', '['.repeat(10_000)])('a body no. %# is refused', async (body) => {
    const response = await pull.ask('POST', '/pulls', undefined, { body });
    expect(response.status).toBe(400);
  });
});

it('a job whose worker was killed is interrupted, and is stopped at once then', async () => {
  const held = await aHeldJob(dying);
  const gone = held.run.catch(() => {});
  await dying.kill();
  await gone;
  await untilJob(pull, held.id, isOf('interrupted'));
  expect((await jobIn(act(held.id, 'stop'))).state.status).toBe('stopped');
  expect((await untilOver(pull, held.id)).attempt).toBe(1);
});
