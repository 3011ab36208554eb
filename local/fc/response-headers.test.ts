import { describe, expect, it } from 'vitest';
import { aFunction, answering } from './fixtures/fixture-function.ts';
import { exchange } from './fixtures/raw-request.ts';

describe('the answer that a caller gets', { timeout: 60_000 }, () => {
  it('has the function’s status, headers and body', async () => {
    const func = await aFunction();
    const headers = [
      'Content-Type',
      'text/plain',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'Retry-After',
      '3',
    ];
    const answer = await exchange(func.port, 'GET', answering({ status: 418, headers, body: 'teapot' }));
    expect(answer).toMatchObject({ status: 418, body: 'teapot' });
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain',
      'set-cookie': ['a=1', 'b=2'],
      'retry-after': '3',
    });
  });

  it('names the request and the version, and nothing that a function may not set', async () => {
    const func = await aFunction();
    const forbidden = ['Server', 'mine', 'X-Fc-Status', '500', 'X-Fc-Request-Id', 'mine', 'Date', 'never'];
    const more = ['Content-Disposition', 'attachment; filename=x', 'Connection', 'X-Hop', 'X-Hop', '1'];
    const { headers } = await exchange(func.port, 'GET', answering({ headers: [...forbidden, ...more] }));
    expect(headers).toMatchObject({
      'x-fc-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-fc-invocation-function-version': 'LATEST',
      date: expect.stringContaining('GMT'),
    });
    for (const name of ['server', 'x-fc-status', 'content-disposition', 'x-hop']) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it('is a download where it comes from the address that FC gives a function', async () => {
    const func = await aFunction({}, { defaultDomain: true });
    const inline = answering({ headers: ['Content-Disposition', 'inline'] });
    const { headers } = await exchange(func.port, 'GET', '/echo');
    expect(headers).toMatchObject({ 'content-disposition': 'attachment' });
    expect((await exchange(func.port, 'GET', inline)).headers['content-disposition']).toContain('attachment');
  });

  it('is a 502 when the function’s headers are over 8 KB, and the next one is fine', async () => {
    const func = await aFunction();
    const long = await func.get(`/long-header?bytes=${8 * 1024}`);
    expect(long.status).toBe(502);
    expect(await long.json()).toMatchObject({ ErrorCode: 'BadResponse' });
    expect((await func.get('/echo')).status).toBe(200);
  });

  it.each([
    ['HEAD', 200, { 'content-length': '5' }],
    ['GET', 204, {}],
    ['GET', 304, { etag: '"1"' }],
  ])('to %s with status %d has headers and no body', async (method, status, headers) => {
    const func = await aFunction();
    const answer = await exchange(
      func.port,
      method,
      answering({ status, headers: Object.entries(headers).flat() }),
    );
    expect(answer).toMatchObject({ status, headers, body: '' });
    expect((await func.get('/echo')).status).toBe(200);
  });
});

describe('a browser on another site', { timeout: 60_000 }, () => {
  const origin = ['Origin', 'https://chat.example'];

  it('is let in by FC when the function says nothing of CORS', async () => {
    const func = await aFunction();
    const { headers } = await exchange(func.port, 'GET', '/echo', origin);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://chat.example',
      'access-control-allow-credentials': 'true',
    });
  });

  it('hears only the function when it does', async () => {
    const func = await aFunction();
    const path = answering({ headers: ['Access-Control-Allow-Origin', '*'] });
    const { headers } = await exchange(func.port, 'GET', path, origin);
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*' });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it.each([
    ['nothing', [], 'https://chat.example'],
    ['whom it lets in', ['Access-Control-Allow-Origin', '*'], '*'],
    ['what may be read', ['Access-Control-Expose-Headers', 'x-mine'], 'https://chat.example'],
  ])('hears both where they are merged and the function says %s', async (_, headers, letIn) => {
    const func = await aFunction({}, { cors: 'merged' });
    const answer = await exchange(func.port, 'GET', answering({ headers }), origin);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': letIn,
      'access-control-allow-credentials': 'true',
    });
  });

  it('hears nothing where the echo is switched off', async () => {
    const func = await aFunction({}, { cors: false });
    const { headers } = await exchange(func.port, 'GET', '/echo', origin);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('has its preflight answered by FC when the trigger does not take OPTIONS', async () => {
    const func = await aFunction({ httpMethods: ['POST'] });
    const preflight = [...origin, 'Access-Control-Request-Method', 'POST'];
    const answer = await exchange(func.port, 'OPTIONS', '/echo', preflight);
    expect(answer.headers['access-control-allow-origin']).toBe('https://chat.example');
    expect(func.instances).toHaveLength(0);
  });
});
