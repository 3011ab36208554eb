import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';
import { answerTo, rawRequest } from './fixtures/raw-request.ts';

const megabyte = 1024 * 1024;

describe('a stream', { timeout: 60_000 }, () => {
  it('reaches the caller piece by piece, each before the next is made', async () => {
    const func = await aFunction();
    const answer = await func.get('/stream?parts=one,two,three');
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (const part of ['one', 'two', 'three']) {
      expect(await reader.read()).toEqual({ done: false, value: part });
      await func.open(`after ${part}`);
    }
    expect(await reader.read()).toMatchObject({ done: true });
  });

  it('shows its head before its first byte', async () => {
    const func = await aFunction();
    const answer = await func.get('/head-first');
    expect(answer.status).toBe(200);
    await func.open('body');
    expect(await answer.text()).toBe('body');
  });

  it('is held back by a caller that does not read', async () => {
    const bytes = 256 * megabyte;
    const func = await aFunction();
    const answer = await answerTo(rawRequest(func.port, 'GET', `/flood?bytes=${bytes}`).end());
    const written = async () => Number(await (await func.get('/written')).text());
    expect(await untilStill(written)).toBeLessThan(bytes / 2);

    let read = 0;
    for await (const chunk of answer) read += chunk.length;
    expect(read).toBe(bytes);
  });

  it('from the caller is held back by a function that does not read', async () => {
    const bytes = 32 * megabyte;
    const func = await aFunction();
    const asking = rawRequest(func.port, 'POST', '/unread?gate=end', ['Content-Length', String(bytes)]);
    let sent = 0;
    void sendAll(asking, bytes, (total) => {
      sent = total;
    });
    await eventually(() => expect(func.lines()).toEqual(['not reading']));
    expect(await untilStill(async () => (await func.get('/written')) && sent)).toBeLessThan(bytes);

    await func.open('end');
    expect(String(await (await answerTo(asking)).toArray())).toBe(String(bytes));
  });

  it('that the caller leaves is closed towards the function', async () => {
    const func = await aFunction({}, { freeze: false });
    const hangUp = new AbortController();
    const answer = await func.get('/stream?parts=one,two', { signal: hangUp.signal });
    expect(answer.status).toBe(200);
    hangUp.abort();
    await eventually(() => expect(func.lines()).toEqual(['hung up']));
    await eventually(() => expect(func.instances[0]?.inFlight).toBe(0));
  });

  it('is closed towards the function when the caller leaves before its head, too', async () => {
    const func = await aFunction({}, { freeze: false });
    const hangUp = new AbortController();
    const answer = func.get('/wait?gate=never', { signal: hangUp.signal });
    await eventually(() => expect(func.lines()).toEqual(['waiting never']));
    hangUp.abort();
    await expect(answer).rejects.toThrow('aborted');
    await eventually(() => expect(func.lines()).toContain('hung up'));
  });

  it('that the caller leaves costs an instance its life if it serves one at a time unchecked', async () => {
    const func = await aFunction({ instanceConcurrency: 1 });
    const asking = rawRequest(func.port, 'GET', '/stream?parts=one,two').end();
    (await answerTo(asking)).on('error', () => {});
    asking.destroy();
    await eventually(() => expect(func.instances).toHaveLength(0));
  });

  it('that the caller leaves costs it nothing where FC can check how it is', async () => {
    const func = await aFunction({ instanceConcurrency: 1, healthCheckUrl: '/healthz' });
    const asking = rawRequest(func.port, 'GET', '/stream?parts=one,two').end();
    (await answerTo(asking)).on('error', () => {});
    const [instance] = func.instances;
    asking.destroy();
    await eventually(() => expect(instance).toMatchObject({ isFrozen: true, inFlight: 0 }));
    expect((await func.get('/echo')).status).toBe(200);
    expect(func.instances).toEqual([instance]);
  });

  it('that breaks off breaks off for the caller', async () => {
    const func = await aFunction();
    const answer = await func.get('/stream?parts=one,two');
    await func.get('/crash').then((crash) => expect(crash.status).toBe(502));
    await expect(answer.text()).rejects.toThrow('terminated');
  });
});

describe('a call that takes longer than the function’s time-out', { timeout: 60_000 }, () => {
  it('is answered by FC if the function has said nothing yet', async () => {
    const func = await aFunction({ timeoutSeconds: 1 }, { freeze: false });
    const answer = await func.get('/wait?gate=never');
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ ErrorMessage: 'Function time out after 1 seconds' });
    await eventually(() => expect(func.lines()).toContain('hung up'));
  });

  it('is cut if the answer has begun', async () => {
    const func = await aFunction({ timeoutSeconds: 1 });
    const answer = await func.get('/stream?parts=one,two');
    await expect(answer.text()).rejects.toThrow('terminated');
    expect((await func.get('/echo')).status).toBe(200); // on the same instance, which hears of it now
    await eventually(() => expect(func.lines()).toEqual(['hung up']));
    expect(func.instances).toHaveLength(1);
  });
});

/** The count at which nothing more moves, though there were many turns to move in. */
async function untilStill(count: () => Promise<number>): Promise<number> {
  let last = -1;
  for (let turnsStill = 0; turnsStill < 20; ) {
    const now = await count();
    turnsStill = now === last ? turnsStill + 1 : 0;
    last = now;
  }
  return last;
}

async function sendAll(
  asking: ReturnType<typeof rawRequest>,
  bytes: number,
  onSent: (total: number) => void,
) {
  const chunk = Buffer.alloc(64 * 1024);
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    onSent(sent);
    if (!asking.write(chunk)) await once(asking, 'drain');
  }
  onSent(bytes);
  asking.end();
}
