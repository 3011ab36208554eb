import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction, aSpec } from './fixtures/fixture-function.ts';
import { startLocalFc } from './local-fc.ts';
import type { MissedRun } from './settings.ts';
import { intervalMs, type TimerTrigger } from './timer-trigger.ts';

const aTimer = (said: Partial<TimerTrigger> = {}): TimerTrigger => ({
  name: 'sweep',
  cronExpression: '@every 1m',
  payload: '',
  ...said,
});

/** A timer to which server.mjs answers so. */
const answered = (how: { status?: number | 'crash'; gate?: string }) =>
  aTimer({ payload: JSON.stringify(how) });

describe('a timer that fires', { timeout: 60_000 }, () => {
  it('is POST /invoke from FC, with the event as FC writes it', async () => {
    const func = await aFunction({ timers: [aTimer({ payload: '{"a":"ü"}' })] });
    expect(await func.fireTimer('sweep')).toBe(200);
    await eventually(() => expect(func.lines()).toHaveLength(1));
    const { method, headers, body } = JSON.parse(func.lines()[0]!);
    expect(method).toBe('POST');
    expect(headers).toMatchObject({
      'x-fc-control-path': '/invoke',
      'x-fc-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-fc-function-name': 'sublet-fixture',
      'content-type': 'application/octet-stream',
    });
    expect(JSON.parse(body)).toEqual({
      triggerTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      triggerName: 'sweep',
      payload: '{"a":"ü"}',
    });
  });

  it('thaws an instance that there is, and leaves it frozen', async () => {
    const func = await aFunction({ timers: [aTimer()] });
    const instance = await func.warmUp();
    expect(instance.isFrozen).toBe(true);
    expect(await func.fireTimer('sweep')).toBe(200);
    expect(instance).toMatchObject({ isFrozen: true, inFlight: 0 });
    expect(func.instances).toEqual([instance]);
  });

  it('takes a seat like a call, and does not wait for the run before it', async () => {
    const spec = { instanceConcurrency: 1, reservedConcurrency: 2, timers: [answered({ gate: 'end' })] };
    const func = await aFunction(spec);
    const runs = [func.fireTimer('sweep'), func.fireTimer('sweep')];
    await eventually(() => expect(func.instances.map(({ inFlight }) => inFlight)).toEqual([1, 1]));
    expect(await func.fireTimer('sweep')).toBe(429);
    expect((await func.get('/echo')).status).toBe(429);
    for (const { port } of func.instances) await fetch(`http://127.0.0.1:${port}/open?gate=end`);
    expect(await Promise.all(runs)).toEqual([200, 200]);
  });

  it.each([
    ['what the function answers', answered({ status: 500 }), {}, 500, undefined],
    ['a crash', answered({ status: 'crash' }), {}, 502, expect.stringContaining('No answer came')],
    [
      'a run that takes too long',
      answered({ gate: 'never' }),
      { timeoutSeconds: 0.05 },
      504,
      'Function time out after 0.05 seconds',
    ],
    [
      'an instance that does not start',
      aTimer(),
      { environment: { START: 'crash' } },
      502,
      expect.stringContaining('no database'),
    ],
  ])('gives the status of %s', async (_, timer, said, status, reason) => {
    const missed: MissedRun[] = [];
    const func = await aFunction({ ...said, timers: [timer] }, { onMissedRun: (run) => missed.push(run) });
    expect(await func.fireTimer('sweep')).toBe(status);
    expect(missed).toEqual(reason ? [{ functionName: 'fixture', triggerName: 'sweep', reason }] : []);
  });

  it('is one that s.yaml has', async () => {
    const func = await aFunction({ timers: [aTimer()] });
    await expect(func.fireTimer('sleep')).rejects.toThrow('fixture has no timer sleep');
  });
});

describe('the timers of a local FC', { timeout: 60_000 }, () => {
  const MINUTE_MS = 60_000;

  function aClock() {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
  }

  it('fire each at its interval, and no more when it stops', async () => {
    aClock();
    const timers = [aTimer(), aTimer({ name: 'report', cronExpression: '@every 2m' })];
    const func = await aFunction({ timers }, { timers: true });
    const names = () => func.lines().map((line) => JSON.parse(JSON.parse(line).body).triggerName);

    vi.advanceTimersByTime(MINUTE_MS - 1);
    expect(func.instances).toEqual([]);
    vi.advanceTimersByTime(MINUTE_MS + 1);
    await eventually(() => expect(names().toSorted()).toEqual(['report', 'sweep', 'sweep']));

    await func.fc.stop();
    vi.advanceTimersByTime(10 * MINUTE_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are left alone unless it is told to fire them', async () => {
    aClock();
    const func = await aFunction({ timers: [aTimer({ cronExpression: '0 0 4 * * *' })] });
    expect(vi.getTimerCount()).toBe(0);
    expect(await func.fireTimer('sweep')).toBe(200);
  });

  it('let a run finish when it stops', async () => {
    const func = await aFunction({ timers: [answered({ gate: 'end' })] });
    const run = func.fireTimer('sweep');
    await eventually(() => expect(func.lines()).toHaveLength(1));
    const [instance] = func.instances;
    const stopped = func.fc.stop();
    await fetch(`http://127.0.0.1:${instance?.port}/open?gate=end`);
    expect(await run).toBe(200);
    await stopped;
  });

  it('are refused at the start where they are at times that it cannot do', async () => {
    const functions = [aSpec({ timers: [aTimer({ cronExpression: '0 0 4 * * *' })] })];
    await expect(startLocalFc({ functions, timers: true })).rejects.toThrow(
      'fixture: the local FC cannot fire the timer sweep at "0 0 4 * * *".',
    );
  });
});

describe('an interval', () => {
  it.each([
    ['@every 10s', 10_000],
    ['@every 1m', 60_000],
    ['@every 596h', 2_145_600_000],
    ['@every 597h', undefined], // setInterval would fire at once, and for ever
    ['@every 0m', undefined],
    ['@every 1', undefined],
    ['@every m', undefined],
    ['@every 1 m', undefined],
    ['every 1m', undefined],
    ['0 * * * * *', undefined],
  ])('%s is %s ms', (cronExpression, ms) => {
    expect(intervalMs(cronExpression)).toBe(ms);
  });
});
