import { Agent, type ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * FC's keep-alive connections to one instance. They are never closed from this side, and a connection
 * that the instance closed while it was idle still lies in the pool: who is given it meets the end of
 * the connection instead of an answer.
 *
 * Node's own pool would drop such a connection unseen, and hide the fault that this pool is here to
 * show: a server whose idle time-out is on.
 */
export class Connections extends Agent {
  closedWhileIdle = 0;
  readonly #onIdleClose = () => void this.closedWhileIdle++;

  constructor() {
    super({ keepAlive: true, maxFreeSockets: Number.POSITIVE_INFINITY });
  }

  /** Takes a connection that the instance has closed, if there is one; it is gone from the pool then. */
  takeClosed(): boolean {
    if (this.closedWhileIdle === 0) return false;
    this.closedWhileIdle--;
    return true;
  }

  // Not super's, which gives up connections that the server announces to close soon.
  override keepSocketAlive(socket: Duplex): boolean {
    socket.on('close', this.#onIdleClose);
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    socket.off('close', this.#onIdleClose);
    super.reuseSocket(socket, request);
  }
}
