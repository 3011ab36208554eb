import { describe, expect, it } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';
import { exchange } from './fixtures/raw-request.ts';

type Fixture = Awaited<ReturnType<typeof aFunction>>;

describe('a connection to an instance', { timeout: 60_000 }, () => {
  it('is kept and used again', async () => {
    const func = await aFunction({ environment: { LOG_CONNECTIONS: 'yes' } });
    for (let call = 0; call < 5; call++) await func.post('/length', { body: 'x' });
    // One to see that it listens, one for all calls.
    await eventually(() => expect(func.lines()).toEqual(['connection', 'connection']));
  });

  it('that the instance closed while it was idle costs the next POST a 502, and no second try', async () => {
    const func = await aFunction();
    await anIdleConnectionClosed(func);
    const answer = await func.post('/print', { body: 'never printed' });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ ErrorCode: 'BadResponse' });
    expect((await func.post('/length', { body: '123' })).status).toBe(200);
    expect(func.lines()).toEqual([]);
  });

  it('that the instance closed while it was idle is unseen by a GET, which is tried again', async () => {
    const func = await aFunction();
    await anIdleConnectionClosed(func);
    expect((await func.get('/echo')).status).toBe(200);
  });

  it.each([
    ['POST', 1],
    ['PATCH', 1],
    ['PUT', 1],
    ['DELETE', 1],
    ['GET', 2],
    ['HEAD', 2],
    ['OPTIONS', 2],
    ['TRACE', 2],
  ])('that breaks under a %s sees it %d time(s), and then the caller a 502', async (method, times) => {
    const func = await aFunction({ httpMethods: [method] });
    expect((await exchange(func.port, method, '/reset')).status).toBe(502);
    await eventually(() => expect(func.lines()).toEqual(Array(times).fill(`reset ${method}`)));
  });
});

/** Two calls at once make two connections; one of them then carries the order to close the other. */
async function anIdleConnectionClosed(func: Fixture): Promise<void> {
  const instance = await func.warmUp();
  const first = func.get('/meet?number=2');
  await Promise.all([first, func.get('/meet?number=2')]);
  await func.get('/close-idle');
  await eventually(() => expect(instance.connections.closedWhileIdle).toBe(1));
}
