import { GatewayError } from '#shared/errors.ts';
import { type Followed, follow } from '../net/follow.ts';
import type { Outbound } from '../net/outbound.ts';
import type { Access } from './access.ts';

export interface Ask {
  method?: 'GET' | 'HEAD';
  headers?: Record<string, string>;
  signal: AbortSignal;
}

/** One repository of a registry, `<origin>/v2/<namespace>/<model>/`, asked with a token where it wants one. */
export class Repository {
  readonly #root: URL;
  readonly #outbound: Outbound;
  readonly #access: Access;
  readonly #headers: Record<string, string>;
  readonly #timeoutMs: number;

  /** @param headers of every request, also those to where the registry redirects. */
  constructor(
    root: URL,
    {
      outbound,
      access,
      headers,
      timeoutMs,
    }: {
      outbound: Outbound;
      access: Access;
      headers: Record<string, string>;
      timeoutMs: number;
    },
  ) {
    this.#root = root;
    this.#outbound = outbound;
    this.#access = access;
    this.#headers = headers;
    this.#timeoutMs = timeoutMs;
  }

  isHome(url: URL): boolean {
    return url.origin === this.#root.origin;
  }

  /**
   * Asks the registry, after a 401 once more with a new token, and follows its redirects without one.
   *
   * @param path such as `manifests/latest`.
   * @throws GatewayError, also for a second 401.
   */
  async ask(path: string, wanted: Ask): Promise<Followed> {
    const url = new URL(path, this.#root);
    const { token } = this.#access;
    const first = await this.#send(url, wanted, token);
    if (!this.#isUnauthorized(first)) return first;
    first.answer.destroy();
    const challenge = first.answer.headers['www-authenticate'];
    const second = await this.#send(url, wanted, await this.#access.renew(token, challenge, wanted.signal));
    if (!this.#isUnauthorized(second)) return second;
    second.answer.destroy();
    throw new GatewayError('upstream_error', 'unauthorized: access denied', { shouldRetry: false });
  }

  /** Asks a place that the registry named earlier; it is never shown a token. */
  askElsewhere(url: URL, wanted: Ask): Promise<Followed> {
    return this.#send(url, wanted, undefined);
  }

  /** Elsewhere it is not about our token. */
  #isUnauthorized({ answer, url }: Followed): boolean {
    return answer.statusCode === 401 && this.isHome(url);
  }

  #send(url: URL, { method = 'GET', headers, signal }: Ask, token: string | undefined): Promise<Followed> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return follow(this.#outbound, url, {
      method,
      headers: { ...this.#headers, ...headers, ...authorization },
      signal,
      timeoutMs: this.#timeoutMs,
    });
  }
}
