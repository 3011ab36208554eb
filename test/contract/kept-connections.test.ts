import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGateway, aModel, type TestGateway } from '../helpers/gateway.ts';
import { outcomeOf } from '../helpers/outcome.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await aGateway();
});

const COMPLETION = JSON.stringify({ choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] });

/** An upstream whose first answer is good, so that its connection is kept; it counts the calls that it got whole. */
async function anUpstream(model: string, later: RequestListener) {
  const seen = { calls: 0 };
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      seen.calls += 1;
      if (seen.calls > 1) later(request, response);
      else response.writeHead(200, { 'content-type': 'application/json' }).end(COMPLETION);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  await aModel(gateway.database, { name: model, backend: 'openai', address });
  expect(await outcomeOf(gateway, model, false)).toMatchObject({ status: 200 });
  return { seen, server };
}

describe('a kept connection to an upstream', () => {
  it('that was closed while nobody used it costs no call', async () => {
    const { server, seen } = await anUpstream('resting', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(COMPLETION);
    });
    server.closeAllConnections();
    expect(await outcomeOf(gateway, 'resting', false)).toEqual({ status: 200, code: null, text: 'Hi' });
    expect(seen.calls).toBe(2);
  });

  it('that breaks long after the upstream got the call does not make it work twice', async () => {
    const { seen } = await anUpstream('dying', async (request) => {
      await sleep(500);
      request.socket.destroy();
    });
    expect(await outcomeOf(gateway, 'dying', false)).toMatchObject({ status: 502, code: 'upstream_error' });
    expect(seen.calls).toBe(2);
  });
});
