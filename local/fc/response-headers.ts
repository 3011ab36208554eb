import type { IncomingMessage } from 'node:http';
import { connectionHeaders, headerBytes, pairsOf } from './header-lists.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';
import { versionOf } from './version-of.ts';

const maxBytes = 8 * 1024;

interface Asked {
  spec: FunctionSpec;
  settings: Settings;
  requestId: string;
  origin: string | undefined;
}

/** What the caller gets to see of a function's headers, and what FC adds to them. */
export function responseHeaders(answer: IncomingMessage, call: Asked): string[] {
  const bytes = headerBytes(answer.rawHeaders);
  if (bytes > maxBytes) {
    throw new Refusal('BadResponse', `The response headers have ${bytes} bytes, more than ${maxBytes}.`);
  }
  const ours = connectionHeaders(answer.rawHeaders);
  const headers: string[] = [];
  for (const [name, value] of pairsOf(answer.rawHeaders)) {
    if (!ours.has(name.toLowerCase()) && !isForbidden(name.toLowerCase(), value)) headers.push(name, value);
  }
  headers.push(
    'X-Fc-Request-Id',
    call.requestId,
    'x-fc-invocation-function-version',
    versionOf(call.spec).id,
  );
  if (call.settings.defaultDomain) headers.push('Content-Disposition', 'attachment');
  return [...headers, ...corsToAdd(answer, call)];
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

function corsToAdd(answer: IncomingMessage, { origin, settings }: Asked): string[] {
  if (origin === undefined) return [];
  if (settings.cors !== 'merged') return setsCors(answer) ? [] : corsEcho(origin);
  return [...pairsOf(corsEcho(origin))].filter(([name]) => !(name.toLowerCase() in answer.headers)).flat();
}

const setsCors = ({ headers }: IncomingMessage) =>
  Object.keys(headers).some((name) => name.startsWith('access-control-'));
