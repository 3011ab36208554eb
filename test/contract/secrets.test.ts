import { beforeAll, describe, expect, it } from 'vitest';
import { newKeyToken } from '#shared/keys/key-token.ts';
import { fakeCredentials } from '../../local/fc/fake-credentials.ts';
import type { FakeModel } from '../fakes/ollama/models.ts';
import { callLines } from '../helpers/call-lines.ts';
import { aModel, theCustomAgent } from '../helpers/gateway.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';

const PROMPT = 'canary-of-the-prompt';
const ANSWER = 'canary-of-the-answer';
const THINKING = 'canary-of-the-thinking';
const UPSTREAM_WORDS = 'canary-of-the-upstream';
const CREDENTIAL = 'canary-of-the-credential';
const HEADER = 'canary-of-a-header';

const parrot: FakeModel = {
  name: 'parrot:latest',
  capabilities: ['completion', 'tools', 'thinking'],
  reply: { pieces: [{ thinking: THINKING }, { text: `${ANSWER} ` }, { text: 'end' }] },
};

const strangerKey = newKeyToken().token;
let gateway: ServedGateway;
/** All that callers have been answered: heads and bodies. */
const answers: string[] = [];

beforeAll(async () => {
  gateway = await aServedGateway({
    fake: { models: [parrot] },
    environment: { router: { UPSTREAM_TEST_KEY: CREDENTIAL } },
  });
  await theCustomAgent(gateway.database);
  for (const backend of BACKENDS) {
    const address = backend === 'ollama' ? gateway.fake.url : `${gateway.fake.url}/v1/`;
    const credential = 'env:UPSTREAM_TEST_KEY';
    const upstreamModel = 'parrot:latest';
    await aModel(gateway.database, {
      name: `${backend}/guarded`,
      backend,
      address,
      credential,
      upstreamModel,
    });
  }
  await aMixedRun();
  await callLines(gateway, answers.length - 1); // one was no chat
});

/** Good calls and bad ones, on every way through the router. */
async function aMixedRun(): Promise<void> {
  const { faults } = gateway.fake;
  for (const backend of BACKENDS) {
    for (const stream of [true, false]) {
      await ask({ model: `${backend}/parrot`, stream });
      await ask({ model: `${backend}/guarded`, stream });
      await ask({ model: `${backend}/parrot`, stream, temperature: PROMPT });
      await ask({ model: `${backend}/parrot`, stream, n: 2 });
      for (const status of [400, 401, 500]) {
        const told = JSON.stringify({ error: { message: `${UPSTREAM_WORDS} at ${gateway.fake.url}` } });
        faults.next({ kind: 'error-status', status, body: told });
        await ask({ model: `${backend}/parrot`, stream });
      }
      for (const kind of ['bad-json', 'cut-mid-line', 'error-line', 'garbage-head'] as const) {
        faults.next({ kind });
        await ask({ model: `${backend}/parrot`, stream });
      }
    }
  }
  await ask({ model: 'custom-agent', stream: true });
  await ask({ model: 'custom-agent', stream: false });
  await ask({ model: strangerKey });
  await ask({ model: 'ollama/parrot' }, strangerKey);
  await ask({ model: 'ollama/parrot' }, `${gateway.key}x`);
  await send(`{"model": "ollama/parrot", "messages": [{"role": "user", "content": "${PROMPT}"`);
  await send('[]');
  await keep(fetch(`${gateway.url}/v1/models?key=${gateway.key}&prompt=${PROMPT}`));
}

const ask = (body: object, key?: string) =>
  send(JSON.stringify({ messages: [{ role: 'user', content: PROMPT }], ...body }), key);

const send = (body: string, key = gateway.key) =>
  keep(
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        cookie: `session=${HEADER}`,
        'openai-organization': HEADER,
        'x-forwarded-for': '203.0.113.9',
        'x-fc-access-key-secret': HEADER,
        'x-custom': HEADER,
      },
      body,
    }),
  );

async function keep(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
}

/** What of a key is secret: neither its public id nor what all keys begin with. */
const secretOf = (key: string) => key.split('-').at(-1)!;

describe('after good and bad calls of all kinds', () => {
  it('the run was what it should be', () => {
    const count = (code: string) => answers.filter((answer) => answer.startsWith(code)).length;
    expect(count('200')).toBeGreaterThan(8);
    expect(count('400')).toBeGreaterThan(4);
    expect(count('401')).toBe(3);
    expect(count('502')).toBeGreaterThan(4);
    expect(answers.some((answer) => answer.includes(ANSWER))).toBe(true);
  });

  it.each([PROMPT, ANSWER, THINKING, CREDENTIAL, HEADER])('no line of the log holds the %s', (canary) => {
    expect(gateway.log.filter((line) => line.includes(canary))).toEqual([]);
  });

  it('no line of the log holds a key, the pepper or the way to the database', () => {
    const secrets = [secretOf(gateway.key), secretOf(strangerKey), gateway.pepper, gateway.databaseUrl];
    for (const secret of secrets) expect(gateway.log.filter((line) => line.includes(secret))).toEqual([]);
  });

  it('no answer holds a secret of ours, nor what is said between us and the upstream', () => {
    const { port } = gateway.fake;
    const secrets = [secretOf(gateway.key), gateway.pepper, gateway.databaseUrl, CREDENTIAL, `:${port}`];
    for (const secret of secrets) expect(answers.filter((answer) => answer.includes(secret))).toEqual([]);
    const ours = answers.filter((answer) => answer.startsWith('5'));
    expect(ours.filter((answer) => answer.includes(UPSTREAM_WORDS))).toEqual([]);
  });

  it('no log and no answer holds a credential of FC', () => {
    const told = [...gateway.log, ...answers].join('\n');
    for (const secret of Object.values(fakeCredentials)) expect(told).not.toContain(secret);
  });

  it('no upstream has seen a header of the caller or of FC, but only what it needs', () => {
    const names = new Set(gateway.fake.requests.flatMap(({ headers }) => Object.keys(headers)));
    const needed = ['accept', 'authorization', 'connection', 'content-length', 'content-type', 'host'];
    expect([...names].toSorted()).toEqual(needed);
    expect(JSON.stringify(gateway.fake.requests.map(({ headers }) => headers))).not.toContain(HEADER);
  });

  it('each upstream has been shown its own credential or none, and no key of a caller', () => {
    const shown = new Set(gateway.fake.requests.map(({ headers }) => headers.authorization));
    expect([...shown].toSorted()).toEqual([`Bearer ${CREDENTIAL}`, undefined]);
  });
});
