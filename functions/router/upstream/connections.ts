import * as http from 'node:http';
import * as https from 'node:https';

const STALE_AFTER_MS = 15_000;

/**
 * Keep-alive connections to upstreams.
 *
 * A thaw may find them dead without anyone having said so. As with the database, they are checked on use:
 * after a pause all idle ones are dropped, which costs a connect, while a dead one would cost a time-out.
 */
export class Connections {
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, maxFreeSockets: 256 }),
    'https:': new https.Agent({ keepAlive: true, maxFreeSockets: 256 }),
  };
  #usedAtMs = Date.now();

  /** Opens a request; its body is still to be written. Proxies and redirects do not exist here. */
  request(url: URL, options: http.RequestOptions): http.ClientRequest {
    const nowMs = Date.now();
    if (nowMs - this.#usedAtMs > STALE_AFTER_MS) this.dropIdle();
    this.#usedAtMs = nowMs;
    if (url.protocol === 'https:') return https.request(url, { ...options, agent: this.#agents['https:'] });
    return http.request(url, { ...options, agent: this.#agents['http:'] });
  }

  /** After this the next request opens a connection of its own. */
  dropIdle(): void {
    for (const agent of Object.values(this.#agents)) {
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    }
  }
}
