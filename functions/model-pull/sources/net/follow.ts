import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';
import type { Outbound, OutboundRequest } from './outbound.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 10;

export interface Followed {
  answer: IncomingMessage;
  /** Where it came from in the end. */
  url: URL;
}

/**
 * Sends a request and follows its redirects, from https only to https. What proves who we are stays with the origin
 * it is for, also when a later redirect leads back there.
 *
 * @throws GatewayError as `Outbound.request`, and `upstream_error` for a redirect that is not followed.
 */
export async function follow(outbound: Outbound, start: URL, request: OutboundRequest): Promise<Followed> {
  let { headers } = request;
  let url = start;
  for (let left = MOST_REDIRECTS; left >= 0; left -= 1) {
    const answer = await outbound.request(url, { ...request, headers });
    if (!REDIRECTS.has(answer.statusCode!)) return { answer, url };
    answer.destroy(); // nobody reads what it says beside
    const next = targetOf(answer, url);
    if (next.origin !== url.origin) headers = withoutAuthorization(headers);
    url = next;
  }
  throw refused(start, 'redirects too often');
}

function targetOf({ headers: { location } }: IncomingMessage, from: URL): URL {
  if (location === undefined || !URL.canParse(location, from.href)) throw refused(from, 'redirects nowhere');
  const next = new URL(location, from);
  next.hash = '';
  if (next.username !== '' || next.password !== '') throw refused(from, 'redirects with a password');
  if (next.protocol !== 'https:' && next.protocol !== from.protocol)
    throw refused(from, 'redirects away from https');
  return next;
}

const withoutAuthorization = ({ authorization: _, ...others }: Record<string, string>) => others;

const refused = (url: URL, problem: string) =>
  new GatewayError('upstream_error', `${url.host} ${problem}.`, { shouldRetry: false });
