import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import { GatewayError } from '#shared/errors.ts';
import { isPublicAddress } from './public-address.ts';
import { notPublic, publicLookup, type Resolve } from './public-lookup.ts';

export interface OutboundRequest {
  method: 'GET' | 'HEAD';
  headers: Record<string, string>;
  signal: AbortSignal;
  /** From here to the answer's headers. */
  timeoutMs: number;
}

const IDLE_MS = 15_000;

/**
 * Requests to places that others name. Origins that the operator listed may be anywhere and may speak http;
 * everything else has to be https on the public internet. Proxies and redirects do not exist here.
 */
export class Outbound {
  readonly #listed: ReadonlySet<string>;
  readonly #ours = agents({});
  readonly #foreign: ReturnType<typeof agents>;

  /** @param listed origins as `URL` writes them. */
  constructor(listed: Iterable<string>, resolve?: Resolve) {
    this.#listed = new Set(listed);
    this.#foreign = agents({ lookup: publicLookup(resolve) });
  }

  /**
   * @returns the answer, whatever its status; its body has not been read.
   * @throws GatewayError `upstream_error`, `upstream_timeout`; the signal's reason.
   */
  async request(url: URL, { method, headers, signal, timeoutMs }: OutboundRequest) {
    signal.throwIfAborted();
    const isListed = this.#listed.has(url.origin);
    if (!isListed) assertPublic(url);
    const agent = (isListed ? this.#ours : this.#foreign)[url.protocol as 'http:' | 'https:'];
    const { request } = url.protocol === 'https:' ? https : http;
    return new Promise<http.IncomingMessage>((resolve, reject) => {
      const outgoing = request(url, { method, headers, signal, agent });
      const timer = setTimeout(() => outgoing.destroy(tooSlow(url)), timeoutMs);
      outgoing.once('response', resolve);
      // It stays: what comes after the headers is told by the answer, and must not end the process here.
      outgoing.on('error', (error) => reject(signal.aborted ? signal.reason : failureOf(url, error)));
      for (const event of ['response', 'close']) outgoing.once(event, () => clearTimeout(timer));
      outgoing.end();
    });
  }
}

function agents(options: https.AgentOptions) {
  const all = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 64, ...options };
  return { 'http:': new http.Agent(all), 'https:': new https.Agent(all) };
}

/** A host that is an address is never looked up, so it is looked at here. */
function assertPublic(url: URL): void {
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw new GatewayError('upstream_error', `${url.host} is not reached by https.`, { shouldRetry: false });
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw notPublic(host);
}

const tooSlow = (url: URL) => new GatewayError('upstream_timeout', `${url.host} did not answer in time.`);

function failureOf(url: URL, error: Error): GatewayError {
  if (error instanceof GatewayError) return error;
  const { code } = error as NodeJS.ErrnoException;
  return new GatewayError('upstream_error', `${url.host} cannot be reached (${code ?? error.name}).`, {
    cause: error,
  });
}
