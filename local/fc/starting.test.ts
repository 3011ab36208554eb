import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';
import { isStopped } from './fixtures/processes.ts';

describe('the start of an instance', { timeout: 60_000 }, () => {
  it('shows its last words to the caller when it ends before it listens', async () => {
    const func = await aFunction({ environment: { START: 'crash' } });
    const answer = await func.get('/echo');
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({
      ErrorCode: 'FunctionNotStarted',
      ErrorMessage:
        'fixture: the instance exited with code 3 before it was ready. Its last lines:\nno database',
    });
    expect(func.instances).toHaveLength(0);
  });

  it('is given up when it does not listen in time', async () => {
    const func = await aFunction({ environment: { START: 'deaf' } }, { startTimeoutMs: 1 });
    const answer = await func.get('/echo');
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain('did not listen on port');
    expect(func.instances).toHaveLength(0);
  });

  it('is given up when there is nothing to start', async () => {
    const func = await aFunction({ command: ['/code/bootstrap'], args: [] });
    const answer = await func.get('/echo');
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain('could not be started');
  });

  it('rejects where it was asked for ahead of calls', async () => {
    const func = await aFunction({ environment: { START: 'crash' } });
    await expect(func.warmUp()).rejects.toThrow('no database');
  });

  it('waits for a health check to be good', async () => {
    const func = await aFunction({ healthCheckUrl: '/healthz' });
    expect((await func.get('/echo')).status).toBe(200);
    await eventually(() =>
      expect(func.lines()).toEqual(['health check 1', 'health check 2', 'health check 3']),
    );
  });
});

describe('an initializer', { timeout: 60_000 }, () => {
  function anInitializer(...statuses: number[]) {
    const directory = mkdtempSync(join(tmpdir(), 'local-fc-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'statuses');
    writeFileSync(file, JSON.stringify(statuses));
    return { initializer: { timeoutSeconds: 30 }, environment: { INITIALIZE_FILE: file } };
  }

  it('runs before the first request, as POST /initialize from FC', async () => {
    const func = await aFunction(anInitializer(200));
    await func.post('/print', { body: 'first request\n' });
    await eventually(() =>
      expect(func.log.filter(({ stream }) => stream === 'stdout').map(({ line }) => line)).toEqual([
        'initialize POST /initialize 200',
        'first request',
      ]),
    );
  });

  it('is followed by a freeze, until the first request', async () => {
    const func = await aFunction(anInitializer(200));
    const instance = await func.warmUp();
    expect(instance).toMatchObject({ isFrozen: true, calls: 0 });
    await isStopped(instance.pid);
    expect((await func.get('/echo')).status).toBe(200);
    expect(func.instances).toEqual([instance]);
  });

  it('that fails has the instance started anew', async () => {
    const func = await aFunction(anInitializer(500, 200));
    expect((await func.get('/echo')).status).toBe(200);
    expect(func.instances).toHaveLength(1);
    await eventually(() =>
      expect(func.lines()).toEqual(['initialize POST /initialize 500', 'initialize POST /initialize 200']),
    );
  });

  it('that always fails is an error to the caller', async () => {
    const func = await aFunction(anInitializer(500, 500, 500, 200));
    const answer = await func.get('/echo');
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain('answered POST /initialize with 500');
  });

  it('is not called where s.yaml has none', async () => {
    const func = await aFunction();
    await func.get('/echo');
    expect(func.lines()).toEqual([]);
  });
});

describe('what an instance writes', { timeout: 60_000 }, () => {
  it('is handed over line by line, with its origin', async () => {
    const func = await aFunction();
    await func.post('/print', { body: 'one\ntwö \u2028 still two\n' });
    const [instance] = func.instances;
    const from = { functionName: 'fixture', instanceId: instance?.id };
    await eventually(() => expect(func.log).toHaveLength(3));
    expect(func.log).toEqual(
      expect.arrayContaining([
        { ...from, stream: 'stdout', line: 'one' },
        { ...from, stream: 'stdout', line: 'twö \u2028 still two' },
        { ...from, stream: 'stderr', line: 'on stderr' },
      ]),
    );
  });
});
