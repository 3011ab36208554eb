import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port that nobody listens on, and another each time, since nobody may listen on the last one yet.
 *
 * Taken from below the range that systems hand out for outgoing connections: between our look and the
 * instance's listen, any connection made on this machine could be given a port of that range.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next;
    next = port + 1 < highest ? port + 1 : lowest;
    if (await isFree(port)) return port;
  }
}

const lowest = 12_000;
const highest = 32_000;
let next = lowest + Math.floor(Math.random() * (highest - lowest)); // other processes look for ports, too

/** Whether nobody listens on this port of `address`. */
export async function isFree(port: number, address = '0.0.0.0'): Promise<boolean> {
  const server = createServer().listen(port, address);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
