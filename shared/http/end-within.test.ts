import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { endWithin } from './end-within.ts';

const MORE_THAN_SOCKETS_HOLD = Buffer.alloc(64 * 1024 * 1024);

/** A caller that was given `bytes` and has not read any of them yet. */
async function aCaller(bytes: Buffer, timeoutMs: number) {
  const closed = Promise.withResolvers<void>();
  const server = createServer((_incoming, outgoing) => {
    outgoing.once('close', closed.resolve);
    endWithin(outgoing, bytes, timeoutMs);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [reply] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [
    IncomingMessage,
  ];
  const gone = new Promise((resolve) => reply.once('close', resolve));
  reply.on('error', () => {}).pause();
  const leave = () => {
    server.close();
    server.closeAllConnections();
  };
  return { reply, gone, closed: closed.promise, leave };
}

describe('the last bytes of an answer', () => {
  it('cut off a caller that does not take them', async () => {
    const { reply, gone, closed, leave } = await aCaller(MORE_THAN_SOCKETS_HOLD, 50);
    await closed;
    reply.resume();
    await gone;
    expect(reply.complete).toBe(false);
    leave();
  });

  it('reach a caller that reads', async () => {
    const { reply, gone, closed, leave } = await aCaller(MORE_THAN_SOCKETS_HOLD, 60_000);
    reply.resume();
    await closed;
    await gone;
    expect(reply.complete).toBe(true);
    leave();
  });
});
