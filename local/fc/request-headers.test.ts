import { describe, expect, it } from 'vitest';
import { aFunction } from './fixtures/fixture-function.ts';
import { exchange } from './fixtures/raw-request.ts';
import { pairsOf } from './header-lists.ts';

describe('the headers that an instance gets', { timeout: 60_000 }, () => {
  async function headersOf(headers: string[], said: Parameters<typeof aFunction>[0] = {}) {
    const func = await aFunction(said);
    const { body } = await exchange(func.port, 'GET', '/echo?a=%20b&a=c', headers);
    const seen = JSON.parse(body);
    expect(seen).toMatchObject({ method: 'GET', url: '/echo?a=%20b&a=c' });
    return [...pairsOf(seen.rawHeaders)];
  }

  it('are those of the caller, in their spelling, their order, and twice if they came twice', async () => {
    const headers = await headersOf(['X-One', '1', 'aUthorization', 'Bearer key', 'X-One', '2']);
    expect(headers.slice(0, 4)).toEqual([
      ['Host', 'local'],
      ['X-One', '1'],
      ['aUthorization', 'Bearer key'],
      ['X-One', '2'],
    ]);
  });

  it('tell it about itself and about the call, with credentials that open nothing', async () => {
    const headers = Object.fromEntries(await headersOf([]));
    expect(headers).toMatchObject({
      'x-fc-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-fc-access-key-id': 'STS.LocalFcFakeAccessKeyId',
      'x-fc-access-key-secret': 'LocalFcFakeAccessKeySecret',
      'x-fc-function-name': 'sublet-fixture',
      'x-fc-function-handler': 'index.handler',
      'x-fc-function-memory': '512',
      'x-fc-region': 'cn-hangzhou',
      'x-fc-account-id': expect.any(String),
      'x-fc-qualifier': 'LATEST',
      'x-fc-version-id': 'LATEST',
      'x-fc-control-path': '/http-invoke',
    });
  });

  it.each([
    ['custom.debian10', true],
    ['custom.debian12', false],
  ])('on %s have a security token: %s', async (runtime, hasToken) => {
    const names = (await headersOf([], { runtime })).map(([name]) => name);
    expect(names.includes('x-fc-security-token')).toBe(hasToken);
  });

  it('are never set by a caller where they are FC’s', async () => {
    const headers = await headersOf(['X-FC-Control-Path', '/initialize', 'x-fc-made-up', '1']);
    const controlPaths = headers.filter(([name]) => name.toLowerCase() === 'x-fc-control-path');
    expect(controlPaths).toEqual([['x-fc-control-path', '/http-invoke']]);
    expect(headers.map(([name]) => name)).not.toContain('x-fc-made-up');
  });

  it.each([
    ['alone', [], '127.0.0.1'],
    ['after what the caller said', ['X-Forwarded-For', '10.0.0.1'], '10.0.0.1, 127.0.0.1'],
    [
      'after all that the caller said',
      ['X-Forwarded-For', '10.0.0.1, 10.0.0.2', 'x-forwarded-for', '10.0.0.3'],
      '10.0.0.1, 10.0.0.2, 10.0.0.3, 127.0.0.1',
    ],
  ])('have the caller’s address, %s', async (_, said, expected) => {
    const all = (await headersOf(said)).filter(([name]) => name.toLowerCase() === 'x-forwarded-for');
    expect(all).toEqual([['X-Forwarded-For', expected]]);
  });

  it('leave out what belongs to the caller’s connection', async () => {
    const names = await headersOf([
      ...['Connection', 'keep-alive, X-Mine', 'X-Mine', '1', 'Keep-Alive', 'timeout=5'],
      ...['TE', 'trailers', 'Upgrade', 'h2c', 'Proxy-Authorization', 'Basic x'],
    ]);
    const ours = names.filter(([name]) => !name.startsWith('x-fc-'));
    expect(ours).toEqual([
      ['Host', 'local'],
      ['X-Forwarded-For', '127.0.0.1'],
      ['Connection', 'keep-alive'], // of the connection to the instance
    ]);
  });
});

describe('the environment of an instance', { timeout: 60_000 }, () => {
  it('is what s.yaml and FC say, and nothing of the developer’s', async () => {
    process.env.SUBLET_TEST_SECRET = 'mine';
    const func = await aFunction({ environment: { DATABASE_URL: 'postgres://local' } });
    const { environment } = JSON.parse(await (await func.get('/echo')).text());
    delete process.env.SUBLET_TEST_SECRET;
    const [instance] = func.instances;
    expect(environment).toEqual({
      DATABASE_URL: 'postgres://local',
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TZ: 'UTC',
      LISTEN_ADDRESS: '127.0.0.1',
      FC_FUNC_CODE_PATH: expect.stringMatching(/local\/fc\/fixtures\/$/),
      FC_ACCOUNT_ID: expect.any(String),
      FC_FUNCTION_NAME: 'sublet-fixture',
      FC_FUNCTION_HANDLER: 'index.handler',
      FC_FUNCTION_MEMORY_SIZE: '512',
      FC_FUNCTION_VERSION: 'LATEST',
      FC_VER_ID: 'LATEST',
      FC_REGION: 'cn-hangzhou',
      FC_INSTANCE_ID: instance?.id,
      FC_CUSTOM_LISTEN_PORT: String(instance?.port),
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'STS.LocalFcFakeAccessKeyId',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'LocalFcFakeAccessKeySecret',
      ALIBABA_CLOUD_SECURITY_TOKEN: 'LocalFcFakeSecurityToken',
    });
  });
});
