import { afterAll, describe, expect, it } from 'vitest';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { isOf, jobIn, jobOf, pulled, untilJob, untilOver } from '../helpers/pulls.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const pull = await aModelPull({ registry });
const { store, databaseUrl } = pull;
/** Another instance of the same function. */
const other = await aModelPull({ registry, store, databaseUrl });

let models = 0;
/** A job at work that goes no further until it is let go. */
async function aHeldJob() {
  models += 1;
  const parts = aTinyModel({ config: { number: models } });
  const { name } = registry.addModel(`model-${models}`, parts);
  const held = registry.setFault({ at: 'manifest', model: name }, { kind: 'silence' });
  const model = `${registry.host}/${name}`;
  const { id } = await jobIn(pull.ask('POST', '/pulls', { model }));
  const run = pull.ask('POST', `/pulls/${id}/run`);
  await registry.until(() => held.hits > 0);
  return { id, model, run, release: held.release };
}

const watched = (id: string, by = pull, signal?: AbortSignal) =>
  by.ask('GET', `/pulls/${id}`, undefined, {
    headers: { accept: 'text/event-stream' },
    ...(signal && { signal }),
  });

/** The events of a stream, `[name, data]` each; comments are left out. */
const eventsOf = (text: string): [string, unknown][] =>
  text
    .split('\n\n')
    .map((event) => /^event: (.*)\ndata: (.*)$/m.exec(event))
    .filter((found) => found !== null)
    .map(([, name, data]) => [name!, JSON.parse(data!)]);

describe.each([
  ['at the instance that works at it', pull],
  ['at another instance', other],
])('a job that is watched %s', (_, by) => {
  it('is told as it changes, and that it has ended', async () => {
    const { id, run, release } = await aHeldJob();
    const response = await watched(id, by);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    release();
    const events = eventsOf(await response.text());
    await run;
    expect(events.at(-1)).toEqual(['end', {}]);
    const told = events.slice(0, -1).map(([name, job]) => {
      expect(name).toBe('progress');
      return job as ModelJob;
    });
    expect(told.every((job) => job.id === id)).toBe(true);
    expect(told[0]!.state).toMatchObject({ status: 'running' });
    expect(told.at(-1)).toEqual(await jobOf(pull, id));
    const { state } = told.at(-1)!;
    expect(state).toMatchObject({ status: 'ready', manifestDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    if (state.status === 'ready') expect(state.completedBytes).toBe(state.totalBytes);
  });

  it('goes on when whoever watches leaves', async () => {
    const { id, run, release } = await aHeldJob();
    const leaving = new AbortController();
    const response = await watched(id, by, leaving.signal);
    await response.body!.getReader().read();
    leaving.abort();
    release();
    expect(await jobIn(run)).toMatchObject({ state: { status: 'ready' } });
  });

  it('is told at once, when it is over already', async () => {
    const { id, run, release } = await aHeldJob();
    release();
    await run;
    const events = eventsOf(await (await watched(id, by)).text());
    expect(events.map(([name]) => name)).toEqual(['progress', 'end']);
  });
});

it('a watcher hears something now and then, though nothing changes', async () => {
  const { id, run, release } = await aHeldJob();
  const response = await watched(id, other);
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/^: *$/m.test(text)) release();
  }
  await run;
  expect(text).toMatch(/^: *$/m);
  expect(eventsOf(text).at(-1)).toEqual(['end', {}]);
});

describe('a pull whose caller leaves', () => {
  it('ends when nobody else waits for it, and goes on with the next who asks', async () => {
    models += 1;
    const { name } = registry.addModel(`model-${models}`, aTinyModel({ config: { number: models } }));
    const model = `${registry.host}/${name}`;
    const held = registry.setFault({ at: 'manifest', model: name }, { kind: 'silence' });
    const [leaving, staying] = [new AbortController(), new AbortController()];
    const ask = ({ signal }: AbortController) => pull.ask('POST', '/api/pull', { model }, { signal });
    // The head of an answer goes out when its caller is one of those who wait.
    const heads = await Promise.all([ask(leaving), ask(staying)]);
    const answers = heads.map((response) => response.text().catch(() => 'left'));
    await registry.until(() => held.hits > 0);
    const { id } = await jobIn(pull.ask('POST', '/pulls', { model }));
    await untilJob(pull, id, isOf('running'));
    leaving.abort();
    expect(await answers[0]).toBe('left');
    expect(isOf('running')(await jobOf(pull, id))).toBe(true);
    staying.abort();
    expect((await untilOver(pull, id)).state.status).toBe('stopped');
    held.release();
    expect((await pulled(pull, { model })).body).toEqual({ status: 'success' });
  });
});
