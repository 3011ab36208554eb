/** The form of a header's name (RFC 9110 5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/**
 * What belongs to one connection (RFC 9110 7.6.1) or frames a message, and what would change how we must read
 * the answer: encoded, or after a pause for a 100.
 */
const OURS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Whether the catalog may set a header of this name, or give one this name, on the way to an upstream.
 *
 * Function Compute's own `x-fc-` are not among them: it refuses some, and one of them makes a call asynchronous.
 */
export function isSettableHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return NAME.test(lower) && !OURS.has(lower) && !lower.startsWith('x-fc-');
}
