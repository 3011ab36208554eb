import { GatewayError } from '#shared/errors.ts';
import {
  emptyGate,
  type GateEvent,
  type GateState,
  isFull,
  nextPosition,
  slotsInUse,
  step,
  waiting,
} from './gate-state.ts';

export interface GateOptions {
  slots: number;
  queueLength: number;
  queueWaitMs: number;
  /** Told of each wait for a slot that ended with one. */
  onWaited(ms: number): void;
}

/** One caller's stay. */
export interface Visit {
  /** In the line when it came; 0 when it need not wait. */
  readonly position: number;
  /**
   * Waits for a slot.
   *
   * @throws GatewayError `server_overloaded` when there is none in time; the signal's reason when it is aborted first.
   */
  takeSlot(signal: AbortSignal): Promise<void>;
  /** Gives back what it has, be it a slot or a place in the line. Asking twice changes nothing. */
  leave(): void;
}

/** The slots of this instance and the short line before them: who cannot be served soon is told at once. */
export class Gate {
  readonly #options: GateOptions;
  readonly #grants = new Map<number, () => void>();
  readonly #empty = new Set<() => void>();
  #state: GateState;
  #callers = 0;
  #isClosed = false;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#state = emptyGate(options.slots, options.queueLength);
  }

  get slotsInUse(): number {
    return slotsInUse(this.#state);
  }

  get waiting(): number {
    return waiting(this.#state);
  }

  /** @throws GatewayError `server_overloaded` when the line is full, `gateway_not_ready` when the gate is closed. */
  enter(): Visit {
    if (this.#isClosed) throw closed();
    const position = nextPosition(this.#state);
    if (isFull(this.#state))
      throw this.#busy(`position ${position} in a queue of ${this.#options.queueLength}`);
    this.#callers += 1;
    const caller = this.#callers;
    this.#take({ type: 'arrive', caller });
    return {
      position,
      takeSlot: (signal) => this.#takeSlot(caller, position, signal),
      leave: () => this.#take({ type: 'leave', caller }),
    };
  }

  /** Lets nobody in any more, and resolves when all have left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#state.places.size === 0) return;
    await new Promise<void>((resolve) => this.#empty.add(resolve));
  }

  #takeSlot(caller: number, position: number, signal: AbortSignal): Promise<void> {
    const { queueWaitMs, onWaited } = this.#options;
    const sinceMs = performance.now();
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        this.#grants.delete(caller);
        end();
      };
      const abort = () => settle(() => reject(signal.reason));
      const words = `was at position ${position} in a queue of ${this.#options.queueLength}`;
      const timer = setTimeout(() => settle(() => reject(this.#busy(words))), queueWaitMs);
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort);
      this.#grants.set(caller, () =>
        settle(() => {
          onWaited(performance.now() - sinceMs);
          resolve();
        }),
      );
      this.#take({ type: 'want', caller });
    });
  }

  #take(event: GateEvent): void {
    const { state, granted } = step(this.#state, event);
    this.#state = state;
    for (const caller of granted) this.#grants.get(caller)?.();
    if (state.places.size > 0) return;
    for (const resolve of this.#empty) resolve();
    this.#empty.clear();
  }

  /** In Ollama's words, two spaces and all: clients and our own router know them. */
  #busy(words: string): GatewayError {
    const text = `server busy, please try again.  maximum pending requests exceeded (${words})`;
    return new GatewayError('server_overloaded', text, { retryAfterMs: RETRY_AFTER_MS });
  }
}

/** An answer is seldom made faster. */
const RETRY_AFTER_MS = 2_000;

const closed = () =>
  new GatewayError('gateway_not_ready', 'This instance is about to end.', { retryAfterMs: 1_000 });
