import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port that nobody listens on.
 *
 * Taken from below the range that systems hand out for outgoing connections: between our look and the
 * instance's listen, any connection made on this machine could be given a port of that range.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
}

const lowest = 12_000;
const highest = 32_000;

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
