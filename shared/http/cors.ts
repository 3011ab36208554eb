import type { IncomingMessage, ServerResponse } from 'node:http';

const EXPOSED = [
  'x-request-id',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'openai-processing-ms',
  'x-gateway-backend',
  'x-gateway-attempts',
  'x-gateway-route',
  'x-gateway-output-cap',
  'x-gateway-usage-source',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
  ]),
].join(', ');

/**
 * Lets any web page that has a key call us, errors and relayed streams included.
 *
 * Keys travel in a header and there are no cookies, so an origin proves nothing and `*` gives nothing away.
 */
export function allowCrossOrigin(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.headers.origin === undefined) return;
  outgoing.setHeader('access-control-allow-origin', '*');
  outgoing.setHeader('access-control-expose-headers', EXPOSED);
}

/** True when this was a preflight, which is now answered; it carries no key and needs none. */
export function answerPreflight(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
  const { headers } = incoming;
  if (incoming.method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
  outgoing.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS');
  // Echoed: SDKs send a dozen headers of their own, and `*` would not cover Authorization.
  outgoing.setHeader('access-control-allow-headers', headers['access-control-request-headers'] ?? '*');
  outgoing.setHeader('access-control-max-age', '86400');
  outgoing.setHeader('vary', 'access-control-request-headers');
  outgoing.writeHead(204).end();
  return true;
}
