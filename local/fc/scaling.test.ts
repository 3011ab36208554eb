import { describe, expect, it } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';

describe('the instances of a function', { timeout: 60_000 }, () => {
  it('are started by the first request, not before', async () => {
    const func = await aFunction();
    expect(func.instances).toHaveLength(0);
    await func.get('/echo');
    expect(func.instances).toHaveLength(1);
  });

  it('are filled one after the other', async () => {
    const func = await aFunction({ instanceConcurrency: 2 });
    const answers = [];
    for (const expected of [[1], [2], [2, 1], [2, 2]]) {
      answers.push(func.get('/wait?gate=end'));
      await eventually(() => expect(func.instances.map(({ inFlight }) => inFlight)).toEqual(expected));
    }
    await openOnAll(func);
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
  });

  it('serve a burst with no more of them than it needs', async () => {
    const func = await aFunction({ instanceConcurrency: 4 }, { startDelayMs: 50 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => func.get('/echo')));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(func.instances).toHaveLength(2);
  });

  it('are not more than the function reserves; the next request is a 429', async () => {
    const func = await aFunction({ instanceConcurrency: 1, reservedConcurrency: 2 });
    const busy = [func.get('/wait?gate=end'), func.get('/wait?gate=end')];
    await eventually(() => expect(func.instances).toHaveLength(2));

    const refused = await func.get('/echo');
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ ErrorCode: 'ResourceExhausted' });

    await eventually(() => expect(func.instances.map(({ inFlight }) => inFlight)).toEqual([1, 1]));
    await Promise.all(func.instances.map((instance) => instance.kill()));
    expect((await Promise.all(busy)).map(({ status }) => status)).toEqual([502, 502]);
  });

  it('are bounded here even when the function reserves none', async () => {
    const func = await aFunction({ instanceConcurrency: 1 }, { maxInstances: 1 });
    const busy = func.get('/wait?gate=end');
    await eventually(() => expect(func.instances).toHaveLength(1));
    expect((await func.get('/echo')).status).toBe(429);
    await func.instances[0]?.kill();
    await busy;
  });

  it('are used again when there is room', async () => {
    const func = await aFunction({ instanceConcurrency: 1 });
    const ids = [];
    for (let call = 0; call < 3; call++) {
      await func.get('/echo');
      ids.push(func.instances.map(({ id }) => id));
    }
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[2]).toEqual(ids[0]);
  });
});

/** Past the gateway: its own choice of instance would not reach each of them. */
async function openOnAll({ instances }: Awaited<ReturnType<typeof aFunction>>): Promise<void> {
  for (const { port } of instances) await fetch(`http://127.0.0.1:${port}/open?gate=end`);
}
