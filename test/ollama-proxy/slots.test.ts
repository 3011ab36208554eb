import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/chaos-eventually.ts';
import { metric } from './metric.ts';
import { aLastingStage, aRunningStage, type Stage } from './stage.ts';

const slots = (stage: Stage, count: number) =>
  eventually(() => metric(stage, 'slots_in_use')).toEqual({ '': count });
const queued = (stage: Stage, count: number) =>
  eventually(() => metric(stage, 'queue_length')).toEqual({ '': count });

/** An answer that has begun and does not end by itself. */
async function aLongChat(stage: Stage) {
  const hangUp = new AbortController();
  await stage.order({ fault: { kind: 'hang-mid-stream', afterChunks: 1 }, path: '/api/chat' });
  const answer = await stage.chat({}, { signal: hangUp.signal });
  return { answer, hangUp: () => hangUp.abort() };
}

async function warm(stage: Stage): Promise<Stage> {
  await (await stage.chat()).text();
  return stage;
}

describe('the slots', () => {
  it('are as many as Ollama has; who comes more waits, and who comes too many is told so', async () => {
    const stage = await warm(await aRunningStage({ QUEUE_LENGTH: '1' }));
    const running = [await aLongChat(stage), await aLongChat(stage)];
    const third = stage.chat();
    await queued(stage, 1);
    const fourth = await stage.chat();
    expect(fourth.status).toBe(503);
    expect(fourth.headers.get('retry-after')).toBe('2');
    expect(await fourth.json()).toEqual({
      error: 'server busy, please try again.  maximum pending requests exceeded (position 2 in a queue of 1)',
    });
    expect((await stage.seen()).runningGenerations).toBe(2);
    running[0]!.hangUp();
    const answered = await third;
    expect(answered.status).toBe(200);
    expect(answered.headers.get('x-queue-position')).toBe('1');
    expect(await answered.text()).toContain('"done":true');
    expect((await metric(stage, 'queue_wait_seconds_count'))['']).toBe(4);
  });

  it('are not waited for longer than the bound', async () => {
    const stage = await warm(await aRunningStage({ OLLAMA_NUM_PARALLEL: '1', QUEUE_WAIT_MS: '300' }));
    await aLongChat(stage);
    const answer = await stage.chat();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('x-queue-position')).toBe('1');
    expect(await answer.json()).toEqual({
      error: expect.stringContaining('was at position 1 in a queue of 2'),
    });
    await queued(stage, 0);
  });

  it('are not kept by one who hangs up in the line', async () => {
    const stage = await warm(await aRunningStage({ OLLAMA_NUM_PARALLEL: '1' }));
    const first = await aLongChat(stage);
    const hangUp = new AbortController();
    const second = stage.chat({}, { signal: hangUp.signal });
    await queued(stage, 1);
    hangUp.abort();
    await expect(second).rejects.toThrow();
    await queued(stage, 0);
    first.hangUp();
    await slots(stage, 0);
    const { requests } = await stage.seen();
    expect(requests.filter(({ path }) => path === '/api/chat')).toHaveLength(2); // the warm one and the first
  });

  it('are free again only some time after a hang-up, of which Ollama hears at once', async () => {
    const stage = await warm(await aRunningStage({ SLOT_REST_MS: '60000', DRAIN_TIMEOUT_MS: '10' }));
    const { hangUp } = await aLongChat(stage);
    hangUp();
    await eventually(async () => (await stage.seen()).requests.at(-1)!.ending).toBe('aborted');
    expect(await metric(stage, 'slots_in_use')).toEqual({ '': 1 });
    await (await stage.chat()).text(); // the other slot is not touched by that
  });
});

const FATES = ['finish', 'error', 'reset', 'cut', 'hang-up', 'hang-up in line', 'death'] as const;
type Fate = (typeof FATES)[number];

async function live(stage: Stage, fate: Fate): Promise<void> {
  const hangUp = new AbortController();
  const path = '/api/chat';
  // Which caller gets it is chance: all that counts is that it happens.
  const ordered = (told: Parameters<Stage['order']>[0]) => stage.order(told).catch(() => {});
  if (fate === 'error') await ordered({ fault: { kind: 'error-status', status: 500 }, path });
  if (fate === 'reset') await ordered({ fault: { kind: 'reset', afterChunks: 1 }, path });
  if (fate === 'cut') await ordered({ fault: { kind: 'cut-without-terminal' }, path });
  if (fate === 'hang-up') await ordered({ fault: { kind: 'hang-mid-stream', afterChunks: 1 }, path });
  if (fate === 'death') await ordered({ crashAfterChunks: 1 });
  const answer = stage.chat({}, { signal: hangUp.signal });
  if (fate === 'hang-up in line') setImmediate(() => hangUp.abort());
  const reader = await answer.then((response) => response.body?.getReader()).catch(() => undefined);
  await reader?.read().catch(() => {});
  // Everybody leaves in the end; who had an answer that does not end would stay for ever.
  if (fate !== 'finish') hangUp.abort();
  else await Promise.race([reader?.read().catch(() => {}), slotsFree(stage)]);
  hangUp.abort();
}

const slotsFree = (stage: Stage) => eventually(() => metric(stage, 'queue_length')).toEqual({ '': 0 });

describe('whatever becomes of callers and of Ollama', () => {
  it('all slots are there in the end, and all work', async () => {
    const stage = await aLastingStage({ QUEUE_LENGTH: '8', RESTART_MOST_REST_MS: '20' });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...FATES), { minLength: 2, maxLength: 10 }),
        async (fates) => {
          await Promise.all(fates.map((fate) => live(stage, fate)));
          await slots(stage, 0);
          await queued(stage, 0);
          // What was ordered and has found no caller yet finds one here.
          await eventually(async () => (await (await stage.chat()).text()).includes('"done":true')).toBe(
            true,
          );
          await slots(stage, 0);
        },
      ),
      { numRuns: 6 },
    );
  }, 120_000);
});
