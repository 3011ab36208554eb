import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#shared/db/database.ts';
import { GatewayError } from '#shared/errors.ts';
import { errorFields, type Log } from '#shared/log.ts';
import type { Taken } from '#shared/model-jobs/job.ts';
import { reportProgress } from '#shared/model-jobs/jobs.ts';
import { JobProgress } from './job-progress.ts';

/** Why the work at a job ended before it was done. */
export class LeaseOver extends Error {
  readonly end: 'stopped' | 'lost' | 'given back' | 'left';

  constructor(end: LeaseOver['end']) {
    super(`The work at this job is over: ${end}.`);
    this.end = end;
  }
}

/** What a worker leaves between the end of its writing and the end of its lease, by its own clock. */
const MARGIN_MS = 1_000;
const REPORT_EVERY_MS = 1_000;
const RETRY_MS = 500;

interface LeaseOptions {
  database: Database;
  log: Log;
  leaseMs: number;
}

/**
 * The right to work at a job, kept up by telling how far it has come.
 *
 * It is judged by this process's own clocks, both of them: a wall clock that was set back and a monotonic one that stood
 * still while the process was frozen must not make it longer.
 */
export class Lease {
  readonly taken: Taken;
  readonly progress = new JobProgress();
  readonly #options: LeaseOptions;
  readonly #over = new AbortController();
  #until = { wallMs: 0, monotonicMs: 0 };
  #reporting: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** @param takenAtMs both clocks before the job was taken. */
  constructor(taken: Taken, options: LeaseOptions, takenAtMs = clocks()) {
    this.taken = taken;
    this.#options = options;
    this.#extend(takenAtMs);
    this.#tick();
  }

  /** Aborted, with a `LeaseOver`, when the work has to end. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether nobody else can have the job yet, though our work at it may be over: what we have begun we may undo. */
  get isOurs(): boolean {
    const { wallMs, monotonicMs } = clocks();
    const isLost = this.signal.aborted && (this.signal.reason as LeaseOver).end === 'lost';
    return !isLost && wallMs < this.#until.wallMs && monotonicMs < this.#until.monotonicMs;
  }

  /** What came before our work was to end may still be kept. @throws LeaseOver when the job may be another's by now. */
  readonly assertOurs = (): void => {
    if (this.isOurs) return;
    this.end('lost');
    throw new LeaseOver('lost');
  };

  /** @throws LeaseOver when nothing may be begun any more. */
  readonly assertHeld = (): void => {
    this.assertOurs();
    this.signal.throwIfAborted();
  };

  /** Ends the work; only the first cause counts. */
  end(cause: LeaseOver['end']): void {
    if (!this.signal.aborted) this.#over.abort(new LeaseOver(cause));
  }

  /** Tells the database how far it is, now. @throws LeaseOver when the job is no longer ours */
  async report(): Promise<void> {
    // One at a time: an older word must not come after a newer one.
    this.#reporting = this.#reporting.catch(() => {}).then(() => this.#reportOnce());
    await this.#reporting;
  }

  /** The same, as often as it takes while the lease lasts. @throws LeaseOver */
  async reportSurely(): Promise<void> {
    for (;;) {
      try {
        return await this.report();
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        await delay(RETRY_MS, undefined, { signal: this.signal }).catch(() => {});
      }
    }
  }

  /** No more words of its own. What is under way is waited for. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#reporting.catch(() => {});
  }

  async #reportOnce(): Promise<void> {
    this.assertHeld();
    const askedAtMs = clocks();
    const { database, leaseMs } = this.#options;
    const reply = await database.read((db) =>
      reportProgress(db, this.taken, this.progress.snapshot(), leaseMs),
    );
    if (!reply) this.end('lost');
    else {
      this.#extend(askedAtMs);
      if (reply.stopRequested) this.end('stopped');
    }
    this.signal.throwIfAborted();
  }

  #extend({ wallMs, monotonicMs }: Clocks): void {
    const heldMs = this.#options.leaseMs - MARGIN_MS;
    this.#until = { wallMs: wallMs + heldMs, monotonicMs: monotonicMs + heldMs };
  }

  #tick(): void {
    this.#timer = setTimeout(async () => {
      try {
        await this.report();
      } catch (error) {
        // A database that is away, or takes no writes while it is replaced, may be back before the lease is over.
        if (!(error instanceof LeaseOver)) this.#options.log.error('progress', errorFields(error));
      }
      if (this.#timer !== undefined && !this.signal.aborted) this.#tick();
    }, REPORT_EVERY_MS);
  }
}

interface Clocks {
  wallMs: number;
  monotonicMs: number;
}

export const clocks = (): Clocks => ({ wallMs: Date.now(), monotonicMs: performance.now() });
