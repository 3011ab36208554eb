import { describe, expect, it } from 'vitest';
import { aFunction } from './fixtures/fixture-function.ts';
import { answerTo, exchange, rawRequest } from './fixtures/raw-request.ts';

const megabyte = 1024 * 1024;

describe('a request over FC’s limits never reaches the function', { timeout: 60_000 }, () => {
  it.each([
    ['more than 8 KB of headers', '/echo', ['X-Long', 'x'.repeat(8 * 1024)]],
    ['more than 4 KB of path and query', `/echo?${'q'.repeat(4 * 1024)}`, []],
    ['a body announced with more than 32 MB', '/length', ['Content-Length', String(32 * megabyte + 1)]],
    [
      'a body announced with more than 128 KB in an asynchronous invocation',
      '/length',
      ['X-Fc-Invocation-Type', 'Async', 'Content-Length', String(128 * 1024 + 1)],
    ],
  ])('with %s', async (_, path, headers) => {
    const func = await aFunction();
    const asking = rawRequest(func.port, 'POST', path, headers);
    asking.flushHeaders();
    const answer = await answerTo(asking);
    asking.on('error', () => {}).destroy();
    expect(answer.statusCode).toBe(400);
    expect(func.instances).toHaveLength(0);
  });

  it('in a method that its trigger does not take', async () => {
    const func = await aFunction({ httpMethods: ['GET'] });
    const { status, body } = await exchange(func.port, 'DELETE', '/echo');
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ ErrorCode: 'AccessDenied' });
  });

  it('where it has no HTTP trigger', async () => {
    const func = await aFunction({ httpMethods: [] });
    const { status, body } = await exchange(func.port, 'GET', '/echo');
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ ErrorCode: 'TriggerNotFound' });
    expect(func.instances).toHaveLength(0);
  });
});

describe('a body', { timeout: 60_000 }, () => {
  it('may have 32 MB', async () => {
    const func = await aFunction();
    const answer = await func.post('/length', { body: Buffer.alloc(32 * megabyte) });
    expect(await answer.text()).toBe(String(32 * megabyte));
  });

  it('of unknown length is refused as soon as it passes 32 MB', async () => {
    const func = await aFunction();
    const asking = rawRequest(func.port, 'POST', '/length', ['Transfer-Encoding', 'chunked']);
    asking.end(Buffer.alloc(32 * megabyte + 1));
    const answer = await answerTo(asking);
    expect(answer.statusCode).toBe(400);
    asking.destroy();
    expect((await func.get('/echo')).status).toBe(200);
  });

  it.each(['POST', 'DELETE', 'GET'])('in chunks arrives with %s', async (method) => {
    const func = await aFunction();
    const asking = rawRequest(func.port, method, '/length', ['Transfer-Encoding', 'chunked']);
    asking.write('12');
    asking.end('345');
    const answer = await answerTo(asking);
    expect(String(await answer.toArray())).toBe('5');
  });

  it('is asked for with 100 Continue once somebody wants it', async () => {
    const func = await aFunction();
    const asking = rawRequest(func.port, 'POST', '/length', [
      'Expect',
      '100-continue',
      'Content-Length',
      '2',
    ]);
    asking.flushHeaders();
    asking.on('continue', () => asking.end('ok'));
    const answer = await answerTo(asking);
    expect(String(await answer.toArray())).toBe('2');
  });

  it('is not asked for when the request is refused', async () => {
    const func = await aFunction({ httpMethods: ['GET'] });
    const asking = rawRequest(func.port, 'POST', '/length', [
      'Expect',
      '100-continue',
      'Content-Length',
      '2',
    ]);
    asking.flushHeaders();
    let isWanted = false;
    asking.on('continue', () => {
      isWanted = true;
    });
    expect((await answerTo(asking)).statusCode).toBe(403);
    expect(isWanted).toBe(false);
    asking.on('error', () => {}).destroy();
  });

  it('may be left unread by a function that answers without it, and the next call is fine', async () => {
    const func = await aFunction();
    const answer = await func.post('/ignore-body', { body: Buffer.alloc(8 * megabyte) });
    expect(await answer.text()).toBe('not interested');
    expect((await func.post('/length', { body: '123' })).status).toBe(200);
  });
});
