import { beforeAll, describe, expect, it } from 'vitest';
import { aServedGateway, ask, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';

/** What the OpenAI SDK makes a browser ask for (measured of LobeChat). */
const SDK_HEADERS = [
  'authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-os',
  'x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime',
  'x-stainless-runtime-version,x-stainless-timeout',
].join(',');
const ORIGIN = 'https://chat.example.com';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({ cors: true, environment: { router: { BODY_LIMIT_BYTES: '100000' } } });
});

const preflight = (path: string, method: string, headers = SDK_HEADERS) =>
  fetch(gateway.url + path, {
    method: 'OPTIONS',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': method,
      'access-control-request-headers': headers,
    },
  });

const call = (body: object, key = gateway.key) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { origin: ORIGIN, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** What a browser demands before it shows the answer to the page's script. */
function expectReadable({ headers }: Response): void {
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('access-control-allow-credentials')).toBeNull();
  const exposed = headers.get('access-control-expose-headers')!.split(/, */);
  expect(exposed).toEqual(
    expect.arrayContaining(['retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id']),
  );
}

describe('a preflight', () => {
  it.each([
    ['/v1/chat/completions', 'POST'],
    ['/v1/models', 'GET'],
    ['/v1/models/org/name', 'GET'],
    ['/v1/no/such/path', 'POST'],
  ])('of %s needs no key and allows all that the SDK sends', async (path, method) => {
    const response = await preflight(path, method);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toContain(method);
    const allowed = response.headers.get('access-control-allow-headers')!.toLowerCase().split(/, */);
    expect(allowed.toSorted()).toEqual(SDK_HEADERS.split(',').toSorted());
    expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(0);
  });

  it('allows what a client of tomorrow will send', async () => {
    const response = await preflight('/v1/chat/completions', 'POST', 'authorization,x-brand-new');
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization,x-brand-new');
  });
});

describe('a page can read', () => {
  it.each(BACKENDS)('a relayed stream of the %s backend, while it runs', async (backend) => {
    const response = await call({ ...ask(`${backend}/tiny`), stream: true });
    expectReadable(response);
    expect(await response.text()).toContain('[DONE]');
  });

  it.each(BACKENDS)('a whole answer of the %s backend', async (backend) => {
    expectReadable(await call(ask(`${backend}/tiny`)));
  });

  it('the list of models', async () => {
    const headers = { origin: ORIGIN, authorization: `Bearer ${gateway.key}` };
    expectReadable(await fetch(`${gateway.url}/v1/models`, { headers }));
  });

  it.each<[number, () => Promise<Response>]>([
    [401, () => call(ask('ollama/tiny'), 'sk-wrong')],
    [404, () => call(ask('no/such'))],
    [404, () => fetch(`${gateway.url}/chat/completions`, { headers: { origin: ORIGIN } })],
    [400, () => call({})],
    [413, () => call(ask('ollama/tiny', 'x'.repeat(100_000)))],
  ])('a refusal: %i', async (status, refused) => {
    const response = await refused();
    expect(response.status).toBe(status);
    expectReadable(response);
    expect(await response.json()).toHaveProperty('error.message');
  });

  it.each([
    [502, { kind: 'refuse' }],
    [503, { kind: 'queue-full' }],
  ] as const)("the upstream's failure: %i", async (status, fault) => {
    gateway.fake.faults.always(fault);
    const response = await call(ask('ollama/tiny'));
    gateway.fake.faults.clear();
    expect(response.status).toBe(status);
    expectReadable(response);
  });
});

it('a caller that is no page sees nothing of this', async () => {
  const response = await fetch(`${gateway.url}/v1/models`);
  expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});
