import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { atEnd } from './at-end.ts';

interface Target {
  host: string;
  port: number;
}

/** A way to a server that can be cut: once, or for as long as the test wants. */
export async function aCutProxy(first: Target) {
  const sockets = new Set<Socket>();
  let target: Target | undefined = first;
  const server = createServer((near) => {
    near.on('error', () => {});
    if (target === undefined) {
      near.resetAndDestroy();
      return;
    }
    // Where there is no server, it shall look so from here too.
    const far = connect(target).on('error', () => near.resetAndDestroy());
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  atEnd(() => {
    server.close();
    cut();
  });
  return {
    port: (server.address() as AddressInfo).port,
    /** Breaks all that is open. */
    cut,
    /** Breaks all that is open, and all that is opened from now on. */
    close() {
      target = undefined;
      cut();
    },
    /** Leads to a server again. */
    open(next: Target = first) {
      target = next;
    },
  };
}
