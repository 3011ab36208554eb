import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/chaos-eventually.ts';
import { isAlive } from './is-alive.ts';
import { metric } from './metric.ts';
import { aRunningStage, aStage, running } from './stage.ts';

describe('an Ollama that ends', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s is started again', async (signal) => {
    const stage = await aRunningStage();
    process.kill((await stage.seen()).pid, signal);
    await running(stage, 2);
    expect((await stage.chat()).status).toBe(200);
    const how = signal === 'SIGTERM' ? 'Ollama ended with code 0.' : 'Ollama was ended by SIGKILL.';
    expect(stage.log.find(({ event }) => event === 'ollama ended')).toMatchObject({
      reason: how,
      attempt: 1,
    });
    expect(await metric(stage, 'restarts_total')).toEqual({ '': 1 });
  });

  it('by its own fault is started again, and a caller in the middle is told in its stream', async () => {
    const stage = await aRunningStage();
    await (await stage.chat()).text();
    await stage.order({ crashAfterChunks: 1 });
    const lines = (await (await stage.chat()).text()).trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toEqual({ error: 'Ollama ended in the middle of its answer.' });
    await running(stage, 2);
  });

  it('before it has answered gives 502, and is there for the next', async () => {
    const stage = await aRunningStage();
    await (await stage.chat()).text();
    await stage.order({ crash: 'at-next-post' });
    const answer = await stage.chat();
    expect(answer.status).toBe(502);
    expect(await answer.json()).toEqual({
      error: expect.stringContaining('Ollama ended before it answered'),
    });
    await running(stage, 2);
    expect((await stage.chat()).status).toBe(200);
  });

  it('again and again is started with longer and longer rests', async () => {
    const stage = await aStage({ RESTART_MOST_REST_MS: '200' }, { crashAtStarts: 5 });
    await running(stage);
    const rests = stage.log.filter(({ event }) => event === 'ollama ended');
    expect(rests.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
    for (const [index, most] of [20, 40, 80, 160, 200].entries()) {
      expect(rests[index]!.restMs).toBeGreaterThanOrEqual(most / 2);
      expect(rests[index]!.restMs).toBeLessThanOrEqual(most);
    }
    expect((await stage.chat()).status).toBe(200);
  });

  it('for good is told of to who asks, and tried on', async () => {
    const stage = await aStage({
      OLLAMA_COMMAND: '["/nowhere/ollama"]',
      QUEUE_WAIT_MS: '300',
      RESTART_REST_MS: '60000',
      RESTART_MOST_REST_MS: '60000',
    });
    await eventually(async () => (await stage.readyz()).ollama).toMatchObject({
      status: 'restarting',
      attempt: 1,
      nextTryAtMs: expect.any(Number),
      reason: 'Ollama could not be started: ENOENT.',
    });
    expect((await fetch(`${stage.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${stage.url}/readyz`)).status).toBe(503);
    const answer = await stage.chat();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toEqual({
      error: 'Ollama is not running at the moment (restarting, attempt 1).',
    });
  });
});

describe('an Ollama that hangs', () => {
  const probes = { PROBE_EVERY_MS: '30', PROBE_TIMEOUT_MS: '200' };

  it('is ended and started again', async () => {
    const stage = await aRunningStage(probes);
    const { pid } = await stage.seen();
    await stage.order({ hang: true });
    await running(stage, 2);
    expect(isAlive(pid)).toBe(false);
    expect(stage.log.find(({ event }) => event === 'ollama ended')).toMatchObject({
      reason: 'did not answer any more',
    });
  });

  it('is killed when it does not even end when asked to', async () => {
    const stage = await aRunningStage({ ...probes, STOP_TIMEOUT_MS: '100' });
    const { pid } = await stage.seen();
    await stage.order({ ignoreSigterm: true });
    await stage.order({ hang: true });
    await running(stage, 2);
    expect(isAlive(pid)).toBe(false);
  });

  it('is left alone while an answer of it flows', async () => {
    const stage = await aRunningStage({ PROBE_EVERY_MS: '20', PROBE_TIMEOUT_MS: '100' });
    await (await stage.chat()).text();
    await stage.order({ fault: { kind: 'drip', delayMs: 150 }, path: '/api/chat' });
    const answer = await stage.chat();
    await stage.order({ hang: true }); // three probes are over in a third of the answer's time
    expect((await answer.text()).trimEnd().split('\n').at(-1)).toContain('"done":true');
    expect(stage.log.filter(({ event }) => event === 'ollama ended')).toEqual([]);
  });
});
