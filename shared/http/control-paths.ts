import type { Log } from '../log.ts';
import { errorFields } from '../log.ts';
import { answerInvocation, isInvocation } from './answer-invocation.ts';
import type { Exchange } from './exchange.ts';
import type { TimerEvent } from './timer-event.ts';

/** What a function does when FC itself asks for something: at the start and the end of an instance, and by timers. */
export interface Lifecycle {
  /** Runs once before the first request. A failure is logged and the first request tries again by itself. */
  initialize(): Promise<void>;
  /** Begins as soon as a signal asks the instance to end, while calls are in flight: lets go what these would wait for too long. */
  leave?(): Promise<void>;
  /** Runs before the instance is ended: gives back what the outside world holds for it. */
  preStop(): Promise<void>;
  /**
   * One run of what a timer of s.yaml is for. A rejection has FC take the run for a failure. FC runs again what
   * failed, may run twice what did not, and does not wait for one run before it begins the next.
   */
  invoke?(event: TimerEvent): Promise<void>;
}

/**
 * Answers what FC itself asks; returns false for all others.
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
  } else if (isInvocation(exchange)) {
    await answerInvocation(exchange, lifecycle, log);
    return true;
  } else return false;
  outgoing.writeHead(200).end();
  return true;
}
