import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { readBody } from './read-body.ts';

const LIMIT_BYTES = 1000;

let server: Server;
let outcome: Promise<Buffer>;

beforeEach(async () => {
  const read = Promise.withResolvers<Buffer>();
  outcome = read.promise;
  outcome.catch(() => {});
  server = createServer((incoming, outgoing) => {
    readBody(incoming, LIMIT_BYTES).then(
      (body) => {
        read.resolve(body);
        outgoing.end('read');
      },
      (error: unknown) => {
        read.reject(error);
        outgoing.writeHead(error instanceof GatewayError ? error.status : 500).end('refused');
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

function post(headers: Record<string, string> = {}) {
  const { port } = server.address() as AddressInfo;
  return request({ port, host: '127.0.0.1', method: 'POST', headers, agent: false });
}

async function statusOf(sent: ReturnType<typeof post>): Promise<number> {
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  reply.resume();
  return reply.statusCode!;
}

describe('a body', () => {
  it('is read whole, however it is cut', async () => {
    const sent = post();
    const text = '半个字符 🎉';
    for (const byte of Buffer.from(text)) sent.write(Buffer.from([byte]));
    sent.end();
    expect((await outcome).toString()).toBe(text);
  });

  it('that is as long as the limit is read', async () => {
    post().end('x'.repeat(LIMIT_BYTES));
    expect(await outcome).toHaveLength(LIMIT_BYTES);
  });

  it('that says that it is longer than the limit is refused before it comes', async () => {
    const sent = post({ 'content-length': String(LIMIT_BYTES + 1) });
    sent.flushHeaders();
    expect(await statusOf(sent)).toBe(413);
    sent.destroy();
    await expect(outcome).rejects.toMatchObject({ failure: 'request_too_large' });
  });

  it('that turns out longer than the limit is refused, and the sender can read so', async () => {
    const sent = post({ 'transfer-encoding': 'chunked' });
    for (let part = 0; part < 100; part += 1) sent.write('x'.repeat(LIMIT_BYTES));
    sent.end();
    expect(await statusOf(sent)).toBe(413);
  });

  it('that is compressed is refused', async () => {
    const sent = post({ 'content-encoding': 'gzip' });
    sent.end('not read');
    expect(await statusOf(sent)).toBe(415);
  });

  it('whose sender has left before anybody wanted to read it is nobody’s either', async () => {
    const left = Promise.withResolvers<IncomingMessage>();
    server.removeAllListeners('request').on('request', (incoming) => {
      incoming.once('close', () => left.resolve(incoming)).on('error', () => {});
    });
    const sent = post({ 'content-length': '500' });
    sent.on('error', () => {}).flushHeaders();
    await once(server, 'request');
    sent.destroy();
    await expect(readBody(await left.promise, LIMIT_BYTES)).rejects.toMatchObject({ failure: 'caller_gone' });
  });

  it('whose sender leaves in the middle is nobody’s any more', async () => {
    const sent = post({ 'content-length': '500' });
    sent.on('error', () => {});
    sent.write('half');
    await once(server, 'request');
    sent.destroy();
    await expect(outcome).rejects.toMatchObject({ failure: 'caller_gone' });
  });
});
