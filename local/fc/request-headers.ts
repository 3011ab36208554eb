import type { IncomingMessage } from 'node:http';
import { commonHeaders } from './common-headers.ts';
import { connectionHeaders, pairsOf } from './header-lists.ts';
import type { FunctionSpec } from './spec.ts';

/** What the instance gets to see of a caller's headers, and what FC adds to them: itself, and where the call came from. */
export function requestHeaders(spec: FunctionSpec, request: IncomingMessage, requestId: string): string[] {
  const ours = connectionHeaders(request.rawHeaders);
  ours.add('expect'); // answered here
  ours.add('x-forwarded-for'); // goes on below
  const headers: string[] = [];
  for (const [name, value] of pairsOf(request.rawHeaders)) {
    const lowerCase = name.toLowerCase();
    // Callers may not speak for FC: functions trust these.
    if (!ours.has(lowerCase) && !lowerCase.startsWith('x-fc-')) headers.push(name, value);
  }
  if (request.headers['transfer-encoding']) headers.push('Transfer-Encoding', 'chunked');
  headers.push('X-Forwarded-For', forwardedFor(request));
  for (const pair of Object.entries(commonHeaders(spec, requestId, '/http-invoke'))) headers.push(...pair);
  return headers;
}

/**
 * The address that FC saw stands last; what is before it is the caller's word.
 *
 * Not in FC's documentation: seen in answers of functions that stand behind another gateway, which read
 * `140.205.11.250, 100.117.33.12`, the gateway's own address being the second.
 */
function forwardedFor({ headers, socket }: IncomingMessage): string {
  const said = headers['x-forwarded-for']; // node:http has joined those that came twice
  const address = socket.remoteAddress ?? '';
  return said ? `${said}, ${address}` : address;
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
