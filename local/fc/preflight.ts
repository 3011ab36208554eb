import type { Call } from './call.ts';
import { corsEcho } from './response-headers.ts';

/** Answers a browser's preflight as FC does for a function whose trigger does not take OPTIONS. */
export function answersPreflight({ spec, request, response, requestId, origin }: Call): boolean {
  const { 'access-control-request-method': method, 'access-control-request-headers': headers } =
    request.headers;
  if (request.method !== 'OPTIONS' || spec.httpMethods.includes('OPTIONS')) return false;
  if (origin === undefined || method === undefined) return false;
  response.writeHead(200, [
    ...corsEcho(origin),
    'Access-Control-Allow-Methods',
    spec.httpMethods.join(', '),
    'Access-Control-Allow-Headers',
    headers ?? '',
    'X-Fc-Request-Id',
    requestId,
  ]);
  response.end();
  return true;
}
