import { errorFields, type Log } from '../log.ts';
import type { Exchange } from './exchange.ts';
import { withoutKeys } from './path-key.ts';

/**
 * Writes the request's one wide line when its response has ended, however it ended.
 *
 * A response that was completed is logged with its last byte, not when the socket has taken it: FC may
 * freeze this process as soon as the caller has it.
 */
export function logWhenEnded(exchange: Exchange, log: Log): void {
  let isLogged = false;
  const write = () => {
    if (!isLogged) log.info('request', requestLine(exchange));
    isLogged = true;
  };
  exchange.outgoing.once('prefinish', write).once('close', write);
}

/** Keeps why a request failed for its log line: the code for counting, the details for us. */
export function noteFailure(exchange: Exchange, failure: string, cause: unknown): void {
  exchange.facts.failure = failure;
  if (cause !== undefined) exchange.facts.failureDetail = errorFields(cause);
}

function requestLine({ incoming, outgoing, requestId, arrivedAtMs, facts }: Exchange): object {
  const hungUp = !outgoing.writableEnded;
  return {
    requestId,
    fcRequestId: oneLine(incoming.headers['x-fc-request-id']),
    version: oneLine(incoming.headers['x-fc-version-id']),
    clientRequestId: oneLine(incoming.headers['x-client-request-id']),
    sdkRetryCount: oneLine(incoming.headers['x-stainless-retry-count']),
    method: incoming.method,
    path: pathOf(incoming.url),
    status: outgoing.headersSent ? outgoing.statusCode : 499,
    ...(hungUp && { hungUp }),
    ...facts,
    totalMs: Math.round(performance.now() - arrivedAtMs),
  };
}

/** Without the query: people put keys there. */
const pathOf = (url = '/') => withoutKeys(url.split('?', 1)[0]!).slice(0, 200);

/** A caller's header as the log may keep it: short, and nothing but printable ASCII. */
function oneLine(value: string | string[] | undefined): string | undefined {
  return value === undefined
    ? undefined
    : String(value)
        .replaceAll(/[^\x20-\x7e]/g, '')
        .slice(0, 128);
}
