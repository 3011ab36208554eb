import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';
import { isStopped } from './fixtures/processes.ts';
import { answerTo, rawRequest } from './fixtures/raw-request.ts';

describe('an instance without a request', { timeout: 60_000 }, () => {
  it('does not run: its timers stand still until the next request', async () => {
    const { tickFile, ticks } = aTickFile();
    const func = await aFunction({ environment: { TICK_FILE: tickFile } });
    await func.get('/echo');
    const [instance] = func.instances;
    expect(instance?.isFrozen).toBe(true);
    await isStopped(instance!.pid);

    const before = ticks();
    await delay(50); // fifty of its ticks, if it ran
    expect(ticks()).toBe(before);

    const answer = func.get('/wait?gate=end');
    await eventually(() => expect(ticks()).toBeGreaterThan(before + 5));
    await func.open('end');
    await answer;
  });

  it('is frozen when the last of several ends, not before', async () => {
    const func = await aFunction();
    const answers = [func.get('/wait?gate=one'), func.get('/wait?gate=two')];
    await eventually(() => expect(func.instances[0]?.inFlight).toBe(2));
    await func.open('one');
    await answers[0];
    const [instance] = func.instances;
    expect(instance).toMatchObject({ isFrozen: false, inFlight: 1 });
    await func.open('two');
    await answers[1];
    expect(instance).toMatchObject({ isFrozen: true, inFlight: 0 });
  });

  it('is frozen from its start to its first request', async () => {
    const func = await aFunction();
    const instance = await func.warmUp();
    expect(instance).toMatchObject({ isFrozen: true, inFlight: 0 });
    await isStopped(instance.pid);
    expect((await func.get('/echo')).status).toBe(200);
  });

  it('is frozen as soon as the caller hangs up, and learns of it only at the next request', async () => {
    const func = await aFunction();
    const asking = rawRequest(func.port, 'GET', '/stream?parts=one,two').end();
    const answer = await answerTo(asking);
    answer.on('error', () => {});
    const [instance] = func.instances;
    asking.destroy();
    await eventually(() => expect(instance?.isFrozen).toBe(true));
    await isStopped(instance!.pid);
    expect(func.lines()).toEqual([]);
    await func.get('/echo');
    await eventually(() => expect(func.lines()).toEqual(['hung up']));
  });

  it('can be frozen and thawed by a test, even under a request', async () => {
    const func = await aFunction();
    const answer = func.get('/wait?gate=end');
    await eventually(() => expect(func.lines()).toEqual(['waiting end']));
    const [instance] = func.instances;
    instance?.freeze();
    await isStopped(instance!.pid);
    instance?.thaw();
    await func.open('end');
    expect((await answer).status).toBe(200);
  });

  it('goes on where freezing is switched off', async () => {
    const { tickFile, ticks } = aTickFile();
    const func = await aFunction({ environment: { TICK_FILE: tickFile } }, { freeze: false });
    await func.get('/echo');
    expect(func.instances[0]?.isFrozen).toBe(false);
    const before = ticks();
    await eventually(() => expect(ticks()).toBeGreaterThan(before + 5));
  });
});

function aTickFile() {
  const directory = mkdtempSync(join(tmpdir(), 'local-fc-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const tickFile = join(directory, 'ticks');
  return { tickFile, ticks: () => statSync(tickFile, { throwIfNoEntry: false })?.size ?? 0 };
}
