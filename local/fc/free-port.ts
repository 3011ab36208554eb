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

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '0.0.0.0');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
