import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { atEnd } from './at-end.ts';

/** A way to a server whose open connections can go deaf: still open, and nothing comes through any more. */
export async function aDeafProxy(target: { host: string; port: number }) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => other.destroy());
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  atEnd(close);
  return {
    port: (server.address() as AddressInfo).port,
    /** How many connections there have been, both ends counted. */
    get connections() {
      return sockets.size / 2;
    },
    /** From now on, what is open hears nothing; what is opened later works. */
    goDeaf() {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}
