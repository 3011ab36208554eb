import type { IncomingMessage } from 'node:http';
import { commonHeaders } from './common-headers.ts';
import { connectionHeaders, pairsOf } from './header-lists.ts';
import type { FunctionSpec } from './spec.ts';

/** What the instance gets to see of a caller's headers, and what FC adds to them. */
export function requestHeaders(spec: FunctionSpec, request: IncomingMessage, requestId: string): string[] {
  const ours = connectionHeaders(request.rawHeaders);
  ours.add('expect'); // answered here
  const headers: string[] = [];
  for (const [name, value] of pairsOf(request.rawHeaders)) {
    const lowerCase = name.toLowerCase();
    // Callers may not speak for FC: functions trust these.
    if (!ours.has(lowerCase) && !lowerCase.startsWith('x-fc-')) headers.push(name, value);
  }
  if (request.headers['transfer-encoding']) headers.push('Transfer-Encoding', 'chunked');
  for (const pair of Object.entries(commonHeaders(spec, requestId, '/http-invoke'))) headers.push(...pair);
  return headers;
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
