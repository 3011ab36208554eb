import { freePort, isFree } from '../fc/free-port.ts';

const NEIGHBOURS = 20;

/** The wanted port, or one near it when somebody listens there: an address that a person has entered stays right. */
export async function choosePort(wanted: number): Promise<number> {
  for (let port = wanted; port <= Math.min(wanted + NEIGHBOURS, 65_535); port += 1) {
    if (await isFree(port, '127.0.0.1')) return port;
  }
  return freePort();
}
