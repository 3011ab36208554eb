import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Connections } from './connections.ts';
import { endInstance } from './instance-end.ts';
import { startInstance } from './instance-start.ts';
import type { RunningInstance } from './readiness.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';

/** One instance of a function: starts at once, serves, freezes between requests, ends. */
export class Instance {
  readonly id = `c-${randomUUID()}`;
  /** Resolves when it may serve; rejects with why it never will. */
  readonly ready: Promise<void>;
  readonly connections = new Connections();
  phase: 'starting' | 'serving' | 'draining' | 'ended' = 'starting';
  isFrozen = false;
  inFlight = 0;
  readonly #spec: FunctionSpec;
  readonly #settings: Settings;
  readonly #killed = new AbortController();
  #running: RunningInstance | undefined;
  #seatsTaken = 0;
  #restTimers: NodeJS.Timeout[] = [];
  #drained = () => {};
  #retirement: Promise<void> | undefined;

  constructor(spec: FunctionSpec, settings: Settings) {
    this.#spec = spec;
    this.#settings = settings;
    this.ready = this.#start();
    this.ready.catch(() => {}); // whoever holds a seat is told; without one there is nobody to tell
  }

  /** Undefined until it is ready. */
  get pid() {
    return this.#running?.process.pid;
  }

  get port() {
    return this.#running?.port ?? 0;
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
    if (this.isFrozen || this.phase !== 'serving') return;
    this.isFrozen = true;
    this.#running?.process.signalAll('SIGSTOP');
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    this.#running?.process.signalAll('SIGCONT');
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
    const running = this.phase === 'serving' ? this.#running : undefined;
    this.#retirement ??= running ? this.#drainAndEnd(running) : this.kill();
    return this.#retirement;
  }

  async #start(): Promise<void> {
    try {
      this.#running = await startInstance(this.#spec, this.#settings, this.id, this.#killed.signal);
    } catch (error) {
      this.#end();
      throw error;
    }
    void this.#running.process.exited.then(() => this.#end());
    this.#killed.signal.throwIfAborted();
    this.phase = 'serving';
    this.#rest();
  }

  /** Returns what ends it again, which may be called more than once. */
  #enter(): () => void {
    this.inFlight++;
    for (const timer of this.#restTimers) clearTimeout(timer);
    this.thaw();
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.inFlight--;
      if (this.inFlight === 0) this.#rest();
    };
  }

  /** Nothing runs any more until the next request comes. */
  #rest(): void {
    this.#drained();
    if (this.phase !== 'serving') return;
    const { freeze, freezeAfterMs, idleMs } = this.#settings;
    this.#restTimers = [];
    if (freeze && freezeAfterMs === 0) this.freeze();
    else if (freeze) this.#restTimers.push(setTimeout(() => this.freeze(), freezeAfterMs));
    if (idleMs !== undefined) this.#restTimers.push(setTimeout(() => void this.retire(), idleMs));
  }

  async #drainAndEnd(running: RunningInstance): Promise<void> {
    this.phase = 'draining';
    this.thaw();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    const patience = delay(this.#settings.drainTimeoutMs, undefined, { ref: false });
    if (this.inFlight > 0) await Promise.race([drained, patience]);
    await endInstance(running, this.#settings);
  }

  #end(): void {
    this.phase = 'ended';
    this.isFrozen = false;
    for (const timer of this.#restTimers) clearTimeout(timer);
    this.connections.destroy();
  }
}
