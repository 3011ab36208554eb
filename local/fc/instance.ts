import { randomUUID } from 'node:crypto';
import { Connections } from './connections.ts';
import { endInstance } from './instance-end.ts';
import { startInstance } from './instance-start.ts';
import type { RunningInstance } from './readiness.ts';
import { Rest } from './rest.ts';
import type { EndedInstance, Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';

/** One instance of a function: starts at once, serves, freezes between requests, ends. */
export class Instance {
  readonly id = `c-${randomUUID()}`;
  /** Resolves when it may serve; rejects with why it never will. */
  readonly ready: Promise<void>;
  readonly connections = new Connections();
  phase: 'starting' | 'serving' | 'draining' | 'ended' = 'starting';
  inFlight = 0;
  /** How many requests it was given. */
  calls = 0;
  readonly #spec: FunctionSpec;
  readonly #settings: Settings;
  readonly #killed = new AbortController();
  readonly #rest: Rest;
  #running: RunningInstance | undefined;
  #seatsTaken = 0;
  readonly #drained = Promise.withResolvers<void>();
  #retirement: Promise<void> | undefined;

  constructor(spec: FunctionSpec, settings: Settings) {
    this.#spec = spec;
    this.#settings = settings;
    const signal = (name: NodeJS.Signals) => this.#running?.process.signalAll(name);
    this.#rest = new Rest(settings, signal, () => this.#leave('idle'));
    this.ready = this.#start();
    this.ready.catch(() => this.#end()); // whoever holds a seat is told; without one there is nobody to tell
  }

  /** Undefined until it is ready. */
  get pid() {
    return this.#running?.process.pid;
  }

  get port() {
    return this.#running?.port ?? 0;
  }

  get isFrozen() {
    return this.#rest.isFrozen;
  }

  /** Whether one more request may be given to it, or may wait for it to start. */
  get hasRoom(): boolean {
    const isOpen = this.phase === 'starting' || this.phase === 'serving';
    return isOpen && this.#seatsTaken < this.#spec.instanceConcurrency;
  }

  /**
   * Takes a seat at once, waits for the start, thaws, and is in flight until `exchange` or the call ends.
   *
   * A hang-up comes here before the connection to the instance closes. So with an immediate freeze the
   * instance learns of it at its next thaw only: the worst that FC may do.
   */
  async serve<T>(exchange: () => Promise<T>, ended: AbortSignal): Promise<T> {
    this.#seatsTaken++;
    try {
      await this.ready;
      const leave = this.#enter();
      ended.addEventListener('abort', leave);
      return await exchange().finally(leave);
    } finally {
      this.#seatsTaken--;
    }
  }

  freeze(): void {
    if (this.phase === 'serving') this.#rest.freeze();
  }

  thaw(): void {
    this.#rest.thaw();
  }

  /** The host is lost: SIGKILL, whatever is in flight. */
  async kill(): Promise<void> {
    this.phase = 'ended';
    this.#killed.abort();
    await this.ready.catch(() => {});
    await this.#running?.process.ended;
  }

  /** The orderly end: no new request, those in flight finish, pre-stop, SIGTERM, and SIGKILL if need be. */
  retire(): Promise<void> {
    setTimeout(this.#drained.resolve, this.#settings.drainTimeoutMs).unref();
    return this.#endInOrder();
  }

  async #start(): Promise<void> {
    this.#running = await startInstance(this.#spec, this.#settings, this.id, this.#killed.signal);
    void this.#running.process.exited.then(() => this.#end());
    this.#killed.signal.throwIfAborted();
    this.phase = 'serving';
    this.#rest.begin();
  }

  /** Returns what ends it again, which may be called more than once. */
  #enter(): () => void {
    this.inFlight++;
    this.calls++;
    this.#rest.end();
    if (this.calls === this.#settings.replaceAfterCalls) this.#leave('replaced');
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.inFlight--;
      if (this.inFlight > 0) return;
      if (this.phase === 'serving') this.#rest.begin();
      else this.#drained.resolve();
    };
  }

  /** FC needs no reason. Whatever is in flight has the time that it would have had. */
  #leave(reason: EndedInstance['reason']): void {
    if (this.phase !== 'serving') return;
    void this.#endInOrder(); // first: whoever hears of it may start another in its place
    const { name: functionName } = this.#spec;
    this.#settings.onEndedInstance({ functionName, reason, calls: this.calls, freezes: this.#rest.freezes });
  }

  #endInOrder(): Promise<void> {
    const running = this.phase === 'serving' && this.#running;
    this.#retirement ??= running ? this.#drainAndEnd(running) : this.kill();
    return this.#retirement;
  }

  async #drainAndEnd(running: RunningInstance): Promise<void> {
    this.phase = 'draining';
    this.#rest.end();
    if (this.inFlight > 0) await this.#drained.promise;
    await endInstance(running, this.#settings);
  }

  #end(): void {
    this.phase = 'ended';
    this.#rest.end();
    this.connections.destroy();
  }
}
