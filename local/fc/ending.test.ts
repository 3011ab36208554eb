import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction, aSpec } from './fixtures/fixture-function.ts';
import { isGone } from './fixtures/processes.ts';
import { answerTo, rawRequest } from './fixtures/raw-request.ts';

const withPreStop = { preStop: { timeoutSeconds: 90 } };

describe('an instance that is killed', { timeout: 60_000 }, () => {
  it('takes the calls in flight with it, and the next call starts another', async () => {
    const func = await aFunction();
    const before = func.get('/wait?gate=never');
    const stream = await func.get('/stream?parts=one,two');
    await eventually(() => expect(func.lines()).toEqual(['waiting never']));
    const [instance] = func.instances;

    await instance?.kill();
    expect((await before).status).toBe(502);
    await expect(stream.text()).rejects.toThrow('terminated');
    expect(func.instances).toHaveLength(0);

    expect((await func.get('/echo')).status).toBe(200);
    expect(func.instances[0]?.id).not.toBe(instance?.id);
  });

  it('is killed while it is frozen, too', async () => {
    const func = await aFunction();
    const instance = await func.warmUp();
    expect(instance.isFrozen).toBe(true);
    await instance.kill();
    await isGone(instance.pid);
  });

  it('is killed before it has started, and says so to whoever waits for it', async () => {
    const func = await aFunction({ environment: { START: 'deaf' } });
    const answer = func.get('/echo');
    await eventually(() => expect(func.instances).toHaveLength(1));
    await func.instances[0]?.kill();
    expect((await answer).status).toBe(502);
  });
});

describe('an instance that crashes', { timeout: 60_000 }, () => {
  it('is replaced at the next call', async () => {
    const func = await aFunction();
    expect((await func.post('/crash')).status).toBe(502);
    await eventually(() => expect(func.instances).toHaveLength(0));
    expect((await func.get('/echo')).status).toBe(200);
  });
});

describe('an instance that is retired', { timeout: 60_000 }, () => {
  it('finishes what is in flight, takes nothing new, hears pre-stop, then SIGTERM, then is gone', async () => {
    const func = await aFunction(withPreStop);
    const answer = func.get('/wait?gate=end');
    await eventually(() => expect(func.lines()).toEqual(['waiting end']));
    const [instance] = func.instances;

    const retired = instance?.retire();
    expect(instance?.hasRoom).toBe(false);
    const { environment } = JSON.parse(await (await func.get('/echo')).text());
    expect(environment.FC_INSTANCE_ID).not.toBe(instance?.id);
    expect(func.lines()).toEqual(['waiting end']);

    await fetch(`http://127.0.0.1:${instance?.port}/open?gate=end`);
    expect(await (await answer).text()).toBe(instance?.id);
    await retired;
    expect(instance?.phase).toBe('ended');
    expect(func.lines()).toEqual(['waiting end', 'answered', 'pre-stop GET /pre-stop', 'SIGTERM']);
  });

  it('is thawed for it', async () => {
    const func = await aFunction(withPreStop);
    const instance = await func.warmUp();
    expect(instance.isFrozen).toBe(true);
    await instance.retire();
    expect(func.lines()).toEqual(['pre-stop GET /pre-stop', 'SIGTERM']);
  });

  it('is killed if it will not go', async () => {
    const func = await aFunction({ environment: { ON_SIGTERM: 'ignore' } }, { terminateGraceMs: 1 });
    const instance = await func.warmUp();
    await instance.retire();
    await isGone(instance.pid);
  });

  it('cuts what is still in flight when its time is up', async () => {
    const func = await aFunction({}, { drainTimeoutMs: 1 });
    const answer = func.get('/wait?gate=never');
    await eventually(() => expect(func.lines()).toEqual(['waiting never']));
    await func.instances[0]?.retire();
    expect((await answer).status).toBe(502);
  });

  it('is retired by itself when nobody has called it for long enough', async () => {
    const func = await aFunction(withPreStop, { idleMs: 1 });
    await func.get('/echo');
    await eventually(() => expect(func.instances).toHaveLength(0));
    await eventually(() => expect(func.lines()).toEqual(['pre-stop GET /pre-stop', 'SIGTERM']));
  });
});

describe('the end of the local FC', { timeout: 60_000 }, () => {
  it('retires every instance, once, however often it is asked', async () => {
    const func = await aFunction({ ...withPreStop, instanceConcurrency: 1 });
    const [first, second] = await Promise.all([func.warmUp(), func.warmUp()]);
    await Promise.all([func.fc.stop(), func.fc.stop()]);
    await func.fc.stop();
    expect(func.lines().toSorted()).toEqual([
      ...['SIGTERM', 'SIGTERM', 'pre-stop GET /pre-stop', 'pre-stop GET /pre-stop'],
    ]);
    expect([first.phase, second.phase]).toEqual(['ended', 'ended']);
    await expect(func.get('/echo')).rejects.toThrow('fetch failed');
  });

  it('lets calls in flight finish', async () => {
    const func = await aFunction();
    const answer = func.get('/wait?gate=end');
    await eventually(() => expect(func.lines()).toEqual(['waiting end']));
    const [instance] = func.instances;
    const stopped = func.fc.stop();
    await fetch(`http://127.0.0.1:${instance?.port}/open?gate=end`);
    expect((await answer).status).toBe(200);
    await stopped;
  });

  it('lets a slow caller read to the end', async () => {
    const func = await aFunction();
    const bytes = 8 * 1024 * 1024;
    const answer = await answerTo(rawRequest(func.port, 'GET', `/flood?bytes=${bytes}`).end());
    const stopped = func.fc.stop();
    let read = 0;
    for await (const chunk of answer) read += chunk.length;
    expect(read).toBe(bytes);
    await stopped;
  });

  it('does not wait for an instance that is still starting', async () => {
    const func = await aFunction({ environment: { START: 'deaf' } });
    const answer = func.get('/echo');
    await eventually(() => expect(func.instances).toHaveLength(1));
    await func.fc.stop();
    expect((await answer).status).toBe(502);
  });

  it('comes to the instances even when the runner is killed with SIGKILL', async () => {
    const script = fileURLToPath(new URL('fixtures/runner.ts', import.meta.url));
    const runner = spawn(process.execPath, [script, JSON.stringify(aSpec())], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = await once(runner.stdout, 'data');
    expect(() => process.kill(Number(pid), 0)).not.toThrow();
    runner.kill('SIGKILL');
    await isGone(Number(pid));
  });
});
