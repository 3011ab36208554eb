import type { IncomingMessage } from 'node:http';
import { functionVersion } from './fake-credentials.ts';
import { connectionHeaders, headerBytes, pairsOf } from './header-lists.ts';
import { Refusal } from './refusal.ts';

const maxBytes = 8 * 1024;

/** What the caller gets to see of a function's headers, and what FC adds to them. */
export function responseHeaders(
  answer: IncomingMessage,
  call: { requestId: string; origin: string | undefined },
): string[] {
  const bytes = headerBytes(answer.rawHeaders);
  if (bytes > maxBytes) {
    throw new Refusal('BadResponse', `The response headers have ${bytes} bytes, more than ${maxBytes}.`);
  }
  const ours = connectionHeaders(answer.rawHeaders);
  const headers: string[] = [];
  for (const [name, value] of pairsOf(answer.rawHeaders)) {
    if (!ours.has(name.toLowerCase()) && !isForbidden(name.toLowerCase(), value)) headers.push(name, value);
  }
  headers.push('X-Fc-Request-Id', call.requestId, 'x-fc-invocation-function-version', functionVersion);
  if (call.origin !== undefined && !setsCors(answer)) headers.push(...corsEcho(call.origin));
  return headers;
}

export const corsEcho = (origin: string): string[] => [
  'Access-Control-Allow-Origin',
  origin,
  'Access-Control-Allow-Credentials',
  'true',
];

/** Content-Length is FC's own too, but it counts the same bytes, so it passes. */
const isForbidden = (name: string, value: string) =>
  ['date', 'server'].includes(name) ||
  name.startsWith('x-fc-') ||
  (name === 'content-disposition' && /^\s*attachment/i.test(value));

const setsCors = ({ headers }: IncomingMessage) =>
  Object.keys(headers).some((name) => name.startsWith('access-control-'));
