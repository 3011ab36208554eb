import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CredentialCheck } from '#shared/credential/check-credential.ts';
import { type FakeOllama, startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { aGateway, aModel, type TestGateway } from '../helpers/gateway.ts';
import { ask, sdk } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

const UPSTREAM_PROXY_SECRET = 'the secret that the router and ollama-proxy share';

let fake: FakeOllama;
let gateway: TestGateway;
let check: CredentialCheck;

beforeAll(async () => {
  fake = await startFakeOllama();
  gateway = await aGateway({
    environment: { router: { UPSTREAM_PROXY_SECRET, CHECK_EVERY_MS: '60000', MOST_ATTEMPTS: '2' } },
  });
  const offer = { backend: 'ollama', address: fake.url, upstreamModel: 'tiny:latest' } as const;
  await aModel(gateway.database, { ...offer, name: 'tiny', credential: 'signed:env:UPSTREAM_PROXY_SECRET' });
});
afterAll(() => fake.stop());
beforeEach(() => {
  fake.intercept = () => false;
  check = new CredentialCheck(UPSTREAM_PROXY_SECRET, 'ollama-proxy');
});

/** Whom each request was from, as ollama-proxy finds out; one that is shown twice is refused. */
const subjects = () =>
  Promise.all(
    fake.requests.map(({ method, path, headers }) =>
      check.subject({ authorization: String(headers.authorization), method, path }),
    ),
  );

describe('an upstream that wants signed requests', () => {
  it('is shown another credential with each, its checks among them', async () => {
    const { chat } = sdk(gateway);
    for (const _ of [1, 2]) await chat.completions.create(ask('tiny'));
    await expect
      .poll(() => fake.requests.map(({ path }) => path).toSorted())
      .toEqual(['/api/chat', '/api/chat', '/api/ps', '/api/tags', '/api/version']);
    expect(new Set(await subjects())).toEqual(new Set(['router']));
  });

  it('is shown another with a second try', async () => {
    const shown: string[] = [];
    fake.intercept = ({ url, headers }, response) => {
      if (url !== '/api/chat' || shown.push(headers.authorization!) > 1) return false;
      response.writeHead(500).end('{"error":"out of memory"}');
      return true;
    };
    await sdk(gateway).chat.completions.create(ask('tiny'));
    shown.push(String(fake.requests.at(-1)!.headers.authorization));
    const request = { method: 'POST', path: '/api/chat' };
    for (const authorization of new Set(shown)) await check.subject({ ...request, authorization });
    expect(new Set(shown).size).toBe(2);
  });

  it('and does not know ours, is no reason to doubt the caller’s key', async () => {
    fake.intercept = (_, response) => {
      response.writeHead(401).end('{"error":"This function answers to the gateway alone."}');
      return true;
    };
    const error = await thrownBy(sdk(gateway).chat.completions.create(ask('tiny')));
    expect(error).toMatchObject({ status: 502, code: 'upstream_error' });
    expect(String(error)).not.toContain('gateway alone');
  });

  it('is never told in a log', () => {
    const text = gateway.log.join('\n');
    expect(text).not.toContain(UPSTREAM_PROXY_SECRET);
    for (const { headers } of fake.requests)
      expect(text).not.toContain(String(headers.authorization).slice('Bearer '.length));
  });
});
