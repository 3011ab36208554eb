import { describe, expect, it } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';
import { isGone } from './fixtures/processes.ts';
import type { EndedInstance } from './settings.ts';

const withPreStop = { preStop: { timeoutSeconds: 90 } };

describe('an instance that FC replaces', { timeout: 60_000 }, () => {
  it('answers what it was given, and the next call meets another; no caller notices', async () => {
    const ended: EndedInstance[] = [];
    const func = await aFunction(
      { ...withPreStop, reservedConcurrency: 1 },
      { replaceAfterCalls: 3, onEndedInstance: (instance) => ended.push(instance) },
    );
    const ids: string[] = [];
    for (let call = 0; call < 7; call += 1) {
      const { environment } = JSON.parse(await (await func.get('/echo')).text());
      ids.push(environment.FC_INSTANCE_ID);
    }
    const [first, , , second, , , third] = ids;
    expect(ids).toEqual([first, first, first, second, second, second, third]);
    expect(new Set(ids).size).toBe(3);
    // Frozen at its start, and between each two of its calls.
    const each = { functionName: 'fixture', reason: 'replaced', calls: 3, freezes: 3 };
    expect(ended).toEqual([each, each]);
  });

  it('keeps its calls, however long they take, while others come to another', async () => {
    const func = await aFunction(withPreStop, { replaceAfterCalls: 2, drainTimeoutMs: 1 });
    const first = func.get('/wait?gate=end');
    await eventually(() => expect(func.lines()).toEqual(['waiting end']));
    const [instance] = func.instances;
    expect(await (await func.get('/answer?with={"body":"second"}')).text()).toBe('second');
    expect(instance).toMatchObject({ phase: 'draining', inFlight: 1, hasRoom: false });
    expect((await func.get('/echo')).status).toBe(200);
    expect(func.instances).toHaveLength(2);
    expect(func.lines()).toEqual(['waiting end']);

    await fetch(`http://127.0.0.1:${instance?.port}/open?gate=end`);
    expect(await (await first).text()).toBe(instance?.id);
    await eventually(() => expect(instance?.phase).toBe('ended'));
    expect(func.lines().slice(0, 3)).toEqual(['waiting end', 'answered', 'pre-stop GET /pre-stop']);
  });

  it('does not keep them when everything ends', async () => {
    const func = await aFunction({}, { replaceAfterCalls: 1, drainTimeoutMs: 1 });
    const answer = func.get('/wait?gate=never');
    await eventually(() => expect(func.lines()).toEqual(['waiting never']));
    await func.fc.stop();
    expect((await answer).status).toBe(502);
  });

  it('may be killed before it is done', async () => {
    const func = await aFunction(withPreStop, { replaceAfterCalls: 1 });
    const answer = func.get('/wait?gate=never');
    await eventually(() => expect(func.lines()).toEqual(['waiting never']));
    const [instance] = func.instances;
    await instance?.kill();
    expect((await answer).status).toBe(502);
    expect(func.instances).toHaveLength(0);
  });
});

describe('an instance that FC ends because nobody calls it', { timeout: 60_000 }, () => {
  it('is thawed, hears pre-stop, and is killed without another word', async () => {
    const ended: EndedInstance[] = [];
    const onEndedInstance = (instance: EndedInstance) => ended.push(instance);
    const func = await aFunction(withPreStop, { idleMs: 50, terminateGraceMs: 0, onEndedInstance });
    const { pid } = await func.warmUp();
    await eventually(() => expect(func.instances).toHaveLength(0));
    expect(func.lines()).toEqual(['pre-stop GET /pre-stop']);
    expect(ended).toEqual([{ functionName: 'fixture', reason: 'idle', calls: 0, freezes: 1 }]);
    await isGone(pid);
    expect((await func.get('/echo')).status).toBe(200);
  });

  it('is killed at once where it has no pre-stop', async () => {
    const func = await aFunction({}, { idleMs: 1, terminateGraceMs: 0 });
    const { pid } = await func.warmUp();
    await isGone(pid);
    expect(func.lines()).toEqual([]);
  });
});

describe('the instances that s.yaml has FC keep', { timeout: 60_000 }, () => {
  it('are there before the first call, frozen, and stay', async () => {
    const func = await aFunction({ minInstances: 2, instanceConcurrency: 1 }, { idleMs: 1 });
    await eventually(() => expect(func.instances).toMatchObject([{ isFrozen: true }, { isFrozen: true }]));
    const kept = func.instances;
    const busy = [func.get('/wait?gate=end'), func.get('/wait?gate=end')];
    await eventually(() => expect(kept).toMatchObject([{ inFlight: 1 }, { inFlight: 1 }]));
    expect((await func.get('/echo')).status).toBe(200);
    await eventually(() => expect(func.instances).toEqual(kept)); // the third was one for the hour of need
    for (const { port } of kept) await fetch(`http://127.0.0.1:${port}/open?gate=end`);
    await Promise.all(busy);
    expect(func.instances).toEqual(kept);
  });

  it('are replaced before anybody asks', async () => {
    const func = await aFunction({ minInstances: 1, reservedConcurrency: 1 }, { replaceAfterCalls: 1 });
    const [first] = func.instances;
    expect((await func.get('/echo')).status).toBe(200);
    await eventually(() => expect(func.instances).toMatchObject([{ phase: 'serving', calls: 0 }]));
    expect(func.instances).not.toContain(first);
  });
});
