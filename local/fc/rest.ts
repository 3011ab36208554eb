import type { Settings } from './settings.ts';

/** An instance without a request: frozen at once or soon, and after a while not wanted any more. */
export class Rest {
  isFrozen = false;
  /** How often it was frozen. */
  freezes = 0;
  readonly #settings: Settings;
  readonly #signal: (signal: NodeJS.Signals) => void;
  readonly #onIdle: () => void;
  #timers: NodeJS.Timeout[] = [];

  /** @param onIdle when nobody has wanted the instance for `idleMs` */
  constructor(settings: Settings, signal: (signal: NodeJS.Signals) => void, onIdle: () => void) {
    this.#settings = settings;
    this.#signal = signal;
    this.#onIdle = onIdle;
  }

  begin(): void {
    const { freeze, freezeAfterMs, idleMs } = this.#settings;
    this.stop();
    if (freeze && freezeAfterMs === 0) this.freeze();
    else if (freeze) this.#timers.push(setTimeout(() => this.freeze(), freezeAfterMs));
    if (idleMs !== undefined) this.#timers.push(setTimeout(this.#onIdle, idleMs));
  }

  end(): void {
    this.stop();
    this.thaw();
  }

  /** Leaves the instance as it is. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  freeze(): void {
    if (this.isFrozen) return;
    this.isFrozen = true;
    this.freezes += 1;
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    this.#signal('SIGCONT');
  }
}
