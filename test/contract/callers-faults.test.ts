import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGateway, aModel, type TestGateway } from '../helpers/gateway.ts';
import { callApi } from '../helpers/ollama-callers.ts';
import { aTenant } from '../helpers/tenant.ts';

const ANSWER = {
  message: { role: 'assistant', content: 'Hello!' },
  done: true,
  done_reason: 'stop',
  prompt_eval_count: 5,
  eval_count: 2,
};

/** An Ollama that answers whatever it is not told to fail with, in words of Ollama's own and with its status. */
async function anOllama() {
  let asked = 0;
  const server = createServer(async (request, response) => {
    const { messages } = (await json(request)) as { messages: { content: string }[] };
    asked += 1;
    const [, error] = /^fail: (.*)$/s.exec(messages[0]!.content) ?? [];
    if (error === undefined) response.end(`${JSON.stringify(ANSWER)}\n`);
    else response.writeHead(500).end(JSON.stringify({ error }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}

let gateway: TestGateway;
let ollama: Awaited<ReturnType<typeof anOllama>>;

beforeAll(async () => {
  ollama = await anOllama();
  gateway = await aGateway({
    environment: { router: { MOST_ATTEMPTS: '3', BREAKER_FAILURES: '2', BREAKER_REST_MS: '60000' } },
  });
  await aModel(gateway.database, { name: 'm', backend: 'ollama', address: ollama.url });
});

const chat = (access: { url: string; key: string }, content: string) =>
  callApi(access, 'chat', { model: 'm', stream: false, messages: [{ role: 'user', content }] });

describe('an Ollama that fails with a 500', () => {
  it.each([
    ['invalid JSON schema in format', 400],
    ['Failed to create new sequence: failed to process inputs: image: unknown format', 400],
    ['error parsing tool call: raw=\'{"note":"my words\', err=unexpected end of JSON input', 502],
  ])(
    'since it was asked so or the model made no sense is asked once, and serves all others: %s',
    async (error, status) => {
      const before = ollama.asked();
      const tenant = await aTenant(gateway);
      for (let times = 0; times < 3; times += 1)
        expect((await chat(tenant, `fail: ${error}`)).status).toBe(status);
      expect(ollama.asked() - before).toBe(3);
      expect((await chat(gateway, 'Hello!')).status).toBe(200);
      expect(gateway.log.join('')).not.toContain('my words');
    },
  );

  // The last of all: it rests for longer than this test takes.
  it('by itself is asked again, and rests', async () => {
    const before = ollama.asked();
    expect((await chat(gateway, 'fail: model runner has unexpectedly stopped')).status).toBe(502);
    expect(ollama.asked() - before).toBe(2);
    expect((await chat(gateway, 'Hello!')).status).toBe(503);
  });
});
