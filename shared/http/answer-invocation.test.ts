import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { createLog } from '../log.ts';
import { type Door, type HttpFunction, openDoor } from './door.ts';

const EVENT = { triggerTime: '2026-09-01T08:09:00Z', triggerName: 'sweep', payload: 'all' };

let door: Door;
let app: HttpFunction;
let steps: string[];
let lines: Record<string, unknown>[];

beforeEach(async () => {
  steps = [];
  lines = [];
  app = {
    fetch: () => new Response('from the app'),
    health: async () => ({ status: 'ok' }),
    initialize: async () => {},
    preStop: async () => void steps.push('pre-stop'),
    invoke: async (event) => void steps.push(JSON.stringify(event)),
  };
  const log = createLog('test', (line) => lines.push(JSON.parse(line)));
  const options = { address: '127.0.0.1', port: 0, drainTimeoutMs: 60_000, crossOrigin: true, log };
  door = await openDoor(app, options);
  lines.length = 0;
});
afterEach(() => door.drain());

async function fire(body: string = JSON.stringify(EVENT)) {
  const headers = { 'x-fc-control-path': '/invoke', 'x-fc-request-id': 'fc-1' };
  const answer = await fetch(`http://127.0.0.1:${door.port}/invoke`, { method: 'POST', headers, body });
  return {
    status: answer.status,
    fcStatus: answer.headers.get('x-fc-status'),
    requestId: answer.headers.get('x-request-id'),
    body: await answer.text(),
  };
}

/** Work that has begun when `begun` resolves, and ends when it is released. */
function longWork() {
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  app.invoke = async () => {
    begun.resolve();
    await released.promise;
    steps.push('done');
  };
  return { begun: begun.promise, release: released.resolve };
}

describe('a timer', () => {
  it('hands over its event and has one line in the log, without the payload', async () => {
    const { status, fcStatus, requestId } = await fire();
    expect([status, fcStatus]).toEqual([200, null]);
    expect(steps).toEqual([JSON.stringify(EVENT)]);
    expect(lines).toEqual([
      {
        time: expect.any(String),
        level: 'info',
        function: 'test',
        event: 'timer',
        requestId,
        fcRequestId: 'fc-1',
        triggerName: 'sweep',
        totalMs: expect.any(Number),
      },
    ]);
  });

  it('has its answer when the work is done, and its line before that', async () => {
    const { begun, release } = longWork();
    const fired = fire().then(() => {
      const isLogged = lines.some((line) => line.event === 'timer');
      steps.push(isLogged ? 'answered after its line' : 'answered');
    });
    await begun;
    await fetch(`http://127.0.0.1:${door.port}/`); // an answer that had not waited would be here by now
    expect(steps).toEqual([]);
    release();
    await fired;
    expect(steps).toEqual(['done', 'answered after its line']);
  });

  it('is waited for by a door that drains', async () => {
    const { begun, release } = longWork();
    const fired = fire();
    await begun;
    const drained = door.drain();
    release();
    expect((await fired).status).toBe(200);
    await drained;
    expect(steps).toEqual(['done', 'pre-stop']);
  });

  it.each([
    ['an error', new Error('no database')],
    ['a failure with a status of its own', new GatewayError('invalid_request', 'no database')],
  ])('is told of %s in the work as FC wants it, and the log why', async (_, thrown) => {
    app.invoke = async () => {
      throw thrown;
    };
    expect(await fire()).toMatchObject({ status: 500, fcStatus: '404', body: '' });
    expect(lines).toMatchObject([
      { level: 'error', event: 'timer', triggerName: 'sweep', message: 'no database' },
    ]);
  });

  it('finds nothing in a function that has no work for it, and FC is told', async () => {
    delete app.invoke;
    expect(await fire()).toMatchObject({ status: 404, fcStatus: '404' });
    expect(lines).toMatchObject([{ level: 'error', event: 'timer' }]);
  });
});

describe('the event of a timer', () => {
  it.each([
    ['no JSON', 'sk-secret', 400],
    ['of another kind', '{"triggerName":7,"payload":"sk-secret"}', 400],
    ['without a name', '{"triggerTime":"now","triggerName":"","payload":"sk-secret"}', 400],
    ['empty', '', 400],
    ['longer than 128 KB', JSON.stringify({ ...EVENT, payload: 'x'.repeat(128 * 1024) }), 413],
  ])('that is %s does nothing, and the log does not repeat it', async (_, body, status) => {
    expect(await fire(body)).toMatchObject({ status, fcStatus: '404' });
    expect(steps).toEqual([]);
    expect(lines).toMatchObject([{ level: 'error', event: 'timer', error: 'GatewayError' }]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|xxx/);
  });

  it('may be without a payload', async () => {
    const { payload: _, ...silent } = EVENT;
    expect((await fire(JSON.stringify(silent))).status).toBe(200);
    expect(steps).toEqual([JSON.stringify({ ...silent, payload: '' })]);
  });
});
