import { describe, expect, it } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';
import type { FailedInvocation } from './settings.ts';

const tasks = { async: { isTask: true, retries: 1, maxAgeSeconds: 60 } };

type Func = Awaited<ReturnType<typeof aFunction>>;

/** What the function was given by now, each request as it came. */
const given = (func: Func) => func.lines().map((line) => JSON.parse(line));

const allOver = async (func: Func) => {
  await Promise.all(func.asyncInvocations.map(({ over }) => over));
  return func.asyncInvocations.map(({ status, attempts }) => ({ status, attempts }));
};

/** Opens a gate past FC, which would need a seat for it. */
const open = (func: Func, gate: string) =>
  fetch(`http://127.0.0.1:${func.instances[0]!.port}/open?gate=${gate}`);

describe('an asynchronous invocation', { timeout: 60_000 }, () => {
  it('is answered at once, and is the same request afterwards', async () => {
    const func = await aFunction();
    const headers = { 'x-fc-access-key-id': 'forged', authorization: 'Bearer x' };
    const answer = await func.later('/task?a=%20b', { method: 'PUT', body: '{"a":"ü"}', headers });
    expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 202, body: '' });
    expect(await allOver(func)).toEqual([{ status: 'Succeeded', attempts: 1 }]);
    await eventually(() => expect(func.lines()).toHaveLength(1));
    const [{ method, url, body, rawHeaders }] = given(func);
    expect({ method, url, body }).toEqual({ method: 'PUT', url: '/task?a=%20b', body: '{"a":"ü"}' });
    const seen = Object.fromEntries(
      rawHeaders.flatMap((name: string, at: number) =>
        at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1]]] : [],
      ),
    );
    expect(seen).toMatchObject({
      'x-fc-request-id': answer.headers.get('x-fc-request-id'),
      'x-fc-control-path': '/http-invoke',
      authorization: 'Bearer x',
      'content-length': '10',
    });
    expect(seen['x-fc-access-key-id']).not.toBe('forged');
    expect(seen).not.toHaveProperty('x-fc-invocation-type');
  });

  it('keeps its instance awake, though nobody waits', async () => {
    const func = await aFunction();
    await func.later('/task?gate=end');
    await eventually(() => expect(func.lines()).toHaveLength(1));
    expect(func.instances).toMatchObject([{ isFrozen: false, inFlight: 1 }]);
    await open(func, 'end');
    await allOver(func);
    expect(func.instances).toMatchObject([{ isFrozen: true, inFlight: 0 }]);
  });

  it('may have 128 KB', async () => {
    const func = await aFunction();
    const most = 'x'.repeat(128 * 1024);
    const inChunks = { body: new Blob([most, 'x']).stream(), duplex: 'half' } as RequestInit;
    expect((await func.later('/task', { body: most })).status).toBe(202);
    expect((await func.later('/task', { body: `${most}x` })).status).toBe(400);
    expect((await func.later('/task', inChunks)).status).toBe(400);
    expect(func.asyncInvocations).toHaveLength(1);
  });

  it('waits for a seat, however many there are', async () => {
    const func = await aFunction({ instanceConcurrency: 1, reservedConcurrency: 1 });
    for (let count = 0; count < 3; count += 1) await func.later(`/task?gate=${count}`);
    for (let count = 0; count < 3; count += 1) {
      await eventually(() => expect(func.lines()).toHaveLength(count + 1));
      const { searchParams } = new URL(given(func)[count].url, 'http://function');
      await open(func, searchParams.get('gate')!);
    }
    expect(await allOver(func)).toEqual(Array(3).fill({ status: 'Succeeded', attempts: 1 }));
  });

  it('may come twice, at the same time', async () => {
    const func = await aFunction({}, { deliverTwice: true });
    await func.later('/task?gate=end', { body: 'once' });
    await eventually(() => expect(given(func).map(({ body }) => body)).toEqual(['once', 'once']));
    await open(func, 'end');
    expect(await allOver(func)).toEqual([{ status: 'Succeeded', attempts: 2 }]);
  });

  it('cannot be put off', async () => {
    const func = await aFunction();
    expect((await func.later('/task', { headers: { 'x-fc-async-delay': '5' } })).status).toBe(501);
  });
});

describe('an asynchronous invocation that fails', { timeout: 60_000 }, () => {
  it.each([
    ['by a crash, is begun again', '/task?failures=1&by=crash', 2, { status: 'Failed', attempts: 3 }],
    ['by its own word, is begun again', '/task?failures=2&by=word', 2, { status: 'Succeeded', attempts: 3 }],
    [
      'by its own word too often, is given up',
      '/task?failures=9&by=word',
      1,
      { status: 'Failed', attempts: 2 },
    ],
    [
      'by its own word, is given up at once',
      '/task?failures=9&by=word',
      0,
      { status: 'Failed', attempts: 1 },
    ],
    [
      'by its status alone, has not failed for FC',
      '/task?failures=1&by=status',
      3,
      { status: 'Succeeded', attempts: 1 },
    ],
  ])('%s', async (_, path, retries, outcome) => {
    const failed: FailedInvocation[] = [];
    const onFailedInvocation = (each: FailedInvocation) => failed.push(each);
    const said = { async: { ...tasks.async, retries } };
    const func = await aFunction(said, { onFailedInvocation });
    await func.later(path);
    expect(await allOver(func)).toEqual([outcome]);
    expect(failed).toHaveLength(outcome.status === 'Failed' ? 1 : 0);
  });

  it('by taking too long, is cut off and begun again', async () => {
    const func = await aFunction({ ...tasks, timeoutSeconds: 0.05 });
    await func.later('/task?gate=never');
    expect(await allOver(func)).toEqual([{ status: 'Failed', attempts: 2 }]);
    expect(func.asyncInvocations[0]!.reason).toBe('Function time out after 0.05 seconds');
  });

  it('is not begun again when everything ends', async () => {
    const func = await aFunction(tasks);
    await func.later('/task?gate=never');
    await eventually(() => expect(func.lines()).toHaveLength(1));
    const stopped = func.fc.stop();
    await func.instances[0]!.kill();
    await stopped;
    expect(await allOver(func)).toEqual([{ status: 'Failed', attempts: 1 }]);
  });
});

describe('a task', { timeout: 60_000 }, () => {
  const named = (id: string) => ({ headers: { 'x-fc-async-task-id': id } });

  it('is taken once', async () => {
    const func = await aFunction(tasks);
    const answers = await Promise.all([func.later('/task', named('a')), func.later('/task', named('a'))]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    await allOver(func);
    expect((await func.later('/task', named('a'))).status).toBe(409);
    expect(func.asyncInvocations.map(({ id }) => id)).toEqual(['a']);
  });

  it('is one only where s.yaml says so', async () => {
    const func = await aFunction();
    expect((await func.later('/task', named('a'))).status).toBe(400);
  });

  it('is aborted when it is stopped, and not begun again', async () => {
    const func = await aFunction(tasks);
    await func.later('/wait?gate=never', named('a'));
    await eventually(() => expect(func.lines()).toContain('waiting never'));
    func.stopAsyncTask('a');
    expect(await allOver(func)).toEqual([{ status: 'Stopped', attempts: 1 }]);
    await func.get('/echo'); // wakes it, so that it can hear of it
    await eventually(() => expect(func.lines()).toContain('hung up'));
  });

  it('is never begun when it is stopped while it waits', async () => {
    const func = await aFunction({ ...tasks, instanceConcurrency: 1, reservedConcurrency: 1 });
    await func.later('/task?gate=end', named('a'));
    await eventually(() => expect(func.lines()).toHaveLength(1));
    await func.later('/task', named('b'));
    func.stopAsyncTask('b');
    await func.asyncInvocations[1]!.over;
    await open(func, 'end');
    expect(await allOver(func)).toEqual([
      { status: 'Succeeded', attempts: 1 },
      { status: 'Stopped', attempts: 0 },
    ]);
  });
});
