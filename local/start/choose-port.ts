import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '../fc/free-port.ts';

/** The wanted port, or another one when somebody listens there. */
export async function choosePort(wanted: number): Promise<number> {
  const probe = createServer().listen(wanted, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return freePort();
  }
  probe.close();
  await once(probe, 'close');
  return wanted;
}
