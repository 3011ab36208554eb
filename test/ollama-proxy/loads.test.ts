import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/chaos-eventually.ts';
import { metric } from './metric.ts';
import { aRunningStage, running, type Stage } from './stage.ts';

const endings = async (stage: Stage) => (await stage.seen()).loads.map(({ ending }) => ending);
const loading = (stage: Stage, ...expected: string[]) => eventually(() => endings(stage)).toEqual(expected);
const waiting = (stage: Stage, count: number) =>
  eventually(() => metric(stage, 'queue_length')).toEqual({ '': count });

describe('callers that wait for the same load', () => {
  it('share one', async () => {
    const stage = await aRunningStage({ QUEUE_LENGTH: '8' });
    await stage.order({ holdLoads: true });
    const answers = Array.from({ length: 8 }, () => stage.chat());
    await waiting(stage, 8);
    await stage.order({ holdLoads: false });
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    const { requests } = await stage.seen();
    expect(requests.filter(({ path }) => path === '/api/generate')).toHaveLength(1);
    expect(await endings(stage)).toEqual(['loaded']);
  });

  it.each([
    ['all but one', 1],
    ['all', 0],
  ])('may hang up, %s of them: the load goes on', async (_, left) => {
    const stage = await aRunningStage({ QUEUE_LENGTH: '8' });
    await stage.order({ holdLoads: true });
    const hangUp = new AbortController();
    const gone = Array.from({ length: 4 - left }, () => stage.chat({}, { signal: hangUp.signal }));
    const stay = Array.from({ length: left }, () => stage.chat());
    await waiting(stage, 4);
    await loading(stage, 'loading');
    hangUp.abort();
    await Promise.allSettled(gone);
    await waiting(stage, left);
    await stage.order({ holdLoads: false });
    await loading(stage, 'loaded');
    for (const answer of stay) expect((await answer).status).toBe(200);
    expect((await stage.chat()).status).toBe(200);
    expect(await endings(stage)).toEqual(['loaded']);
  });

  it('are all told when it fails; who comes at once after is told too, and then it is tried again', async () => {
    const stage = await aRunningStage({ QUEUE_LENGTH: '8', LOAD_REST_MS: '300' });
    await stage.order({ holdLoads: true, failLoads: 'unable to load full model on GPU' });
    const answers = Array.from({ length: 3 }, () => stage.chat());
    await waiting(stage, 3);
    await stage.order({ holdLoads: false });
    const words = { error: 'The model could not be loaded: unable to load full model on GPU' };
    for (const answer of await Promise.all(answers)) {
      expect(answer.status).toBe(502);
      expect(await answer.json()).toEqual(words);
    }
    expect(await (await stage.chat()).json()).toEqual(words);
    expect(await endings(stage)).toEqual(['failed']);
    await stage.order({ failLoads: null });
    await eventually(async () => (await stage.chat()).status).toBe(200);
    expect(await endings(stage)).toEqual(['failed', 'loaded']);
    await eventually(() => metric(stage, 'slots_in_use')).toEqual({ '': 0 });
  });

  it('are told when Ollama ends meanwhile', async () => {
    const stage = await aRunningStage();
    await stage.order({ holdLoads: true });
    const answer = stage.chat();
    await loading(stage, 'loading');
    await stage.order({ crash: 'now' });
    expect((await answer).status).toBe(502);
    await running(stage, 2);
    expect((await stage.chat()).status).toBe(200);
  });
});

describe('loads', () => {
  it('of two models come one after the other', async () => {
    const stage = await aRunningStage({ OLLAMA_MAX_LOADED_MODELS: '2' });
    await stage.order({ holdLoads: true });
    const answers = [stage.chat(), stage.chat({ model: 'other' })];
    await waiting(stage, 2);
    const { requests } = await stage.seen();
    expect(requests.filter(({ path }) => path === '/api/generate')).toHaveLength(1);
    await stage.order({ holdLoads: false });
    for (const answer of answers) expect((await answer).status).toBe(200);
    expect(await endings(stage)).toEqual(['loaded', 'loaded']);
  });

  it('are as the caller wants the context, and not repeated while it stays so', async () => {
    const stage = await aRunningStage();
    for (const num_ctx of [512, 512, 1024])
      await (await stage.chat({ options: { num_ctx, seed: 1 } })).text();
    const { requests, loads } = await stage.seen();
    const asked = requests
      .filter(({ path }) => path === '/api/generate')
      .map(({ bodyText }) => JSON.parse(bodyText));
    expect(asked.map(({ options }) => options)).toEqual([{ num_ctx: 512 }, { num_ctx: 1024 }]);
    expect(loads.map(({ numCtx }) => numCtx)).toEqual([512, 1024]);
  });

  it('that nobody waits for any more when their turn comes are not begun', async () => {
    const stage = await aRunningStage({ QUEUE_LENGTH: '8' });
    await stage.order({ holdLoads: true });
    const stays = stage.chat();
    await loading(stage, 'loading');
    const hangUp = new AbortController();
    const gone = [512, 1024, 2048].map((num_ctx) =>
      stage.chat({ options: { num_ctx } }, { signal: hangUp.signal }),
    );
    await waiting(stage, 4);
    hangUp.abort();
    await Promise.allSettled(gone);
    await waiting(stage, 1);
    await stage.order({ holdLoads: false });
    expect((await stays).status).toBe(200);
    expect((await stage.chat({ options: { num_ctx: 768 } })).status).toBe(200);
    const { loads } = await stage.seen();
    expect(loads.map(({ numCtx }) => numCtx).slice(1)).toEqual([768]);
  });

  it('take no longer than the bound', async () => {
    const stage = await aRunningStage({ LOAD_TIMEOUT_MS: '200' });
    await stage.order({ holdLoads: true });
    const answer = await stage.chat();
    expect(answer.status).toBe(504);
    expect(await answer.json()).toEqual({ error: 'The model was not loaded in time.' });
    await loading(stage, 'aborted');
  });
});
