import type { Log } from '../log.ts';
import { errorFields } from '../log.ts';
import type { Exchange } from './exchange.ts';

/** What a function does when FC starts and stops an instance of it. */
export interface Lifecycle {
  /** Runs once before the first request. A failure is logged and the first request tries again by itself. */
  initialize(): Promise<void>;
  /** Runs before the instance is ended: gives back what the outside world holds for it. */
  preStop(): Promise<void>;
}

/**
 * Answers FC's life-cycle requests; returns false for all others.
 *
 * Any anonymous caller can ask for these paths, but only FC can set `x-fc-control-path`, since it drops
 * `x-fc-*` headers of clients (reference: fc-docs 04/078).
 */
export async function answerControlPath(
  exchange: Exchange,
  lifecycle: Lifecycle,
  log: Log,
): Promise<boolean> {
  const { incoming, outgoing } = exchange;
  if (incoming.headers['x-fc-control-path'] !== incoming.url) return false;
  if (incoming.method === 'POST' && incoming.url === '/initialize') {
    // Never 500: FC would restart the instance in a loop while, say, the database is away.
    await lifecycle.initialize().catch((error: unknown) => log.error('initialize', errorFields(error)));
  } else if (incoming.method === 'GET' && incoming.url === '/pre-stop') {
    await lifecycle.preStop();
  } else return false;
  outgoing.writeHead(200).end();
  return true;
}
