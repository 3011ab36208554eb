import { randomUUID } from 'node:crypto';
import type { Database, DatabaseOptions } from '#shared/db/database.ts';
import type { Closed, Closing, Renewal, Renewed } from './closing.ts';
import { LedgerFunction, ledgerDatabase } from './ledger-function.ts';
import type { Admission, Verdict } from './verdict.ts';
import { admissionEntry, closingEntry, renewalEntry } from './wire.ts';

const ADMIT_PATIENCE_MS = 3_000;
/** After that the end of an answer is sent all the same, and the hold is left to expiry. */
const CLOSE_PATIENCE_MS = 5_000;
const RENEW_PATIENCE_MS = 2_000;
/** Each time the ledger sweeps up to 16 dead holds of the tenant. */
const MOST_TRIES = 64;
const SWEEP_AT_A_TIME = 16;

/**
 * Quota set aside before the work and settled to the true use, exactly once (rules: migrations/0002, which are the
 * ledger; this is the way to it). Two connections: what is admitted and renewed never waits for what is settled.
 */
export class Ledger {
  readonly #admission: Database;
  readonly #settlement: Database;
  readonly #admit: LedgerFunction<Verdict>;
  readonly #settle: LedgerFunction<Closed>;
  readonly #renew: LedgerFunction<Renewed>;
  /** This process, on each hold that it takes. */
  readonly routerId: string = randomUUID();

  constructor(options: DatabaseOptions) {
    this.#admission = ledgerDatabase(options);
    this.#settlement = ledgerDatabase(options);
    this.#admit = new LedgerFunction(this.#admission, 'admit_v2', ADMIT_PATIENCE_MS);
    this.#renew = new LedgerFunction(this.#admission, 'renew_v1', RENEW_PATIENCE_MS, { isFlushed: false });
    this.#settle = new LedgerFunction(this.#settlement, 'settle_v2', CLOSE_PATIENCE_MS, {
      outlastsLocks: true,
    });
  }

  /**
   * Decides, and takes all that the call needs or nothing. When this returns, it is durable.
   *
   * @throws GatewayError `gateway_not_ready` when the database is away: nothing is served that cannot be accounted for.
   */
  async admit(call: Admission): Promise<Verdict> {
    const entry = admissionEntry(call, this.routerId);
    for (let tries = 1; ; tries += 1) {
      const verdict = await this.#admit.ask(entry, call.rootId);
      if (verdict.verdict === 'admitted' || verdict.reason !== 'again' || tries === MOST_TRIES)
        return verdict;
    }
  }

  /** Puts a hold back that the database lost with a failover, even above a limit: its call is under way. */
  async putBack(call: Admission, echo: object): Promise<void> {
    await this.#admit.ask(admissionEntry(call, this.routerId, echo), call.rootId);
  }

  /**
   * Settles or releases; what is closed already stays as it is. When this returns, it is durable.
   *
   * @param echo of the verdict, absent where there was none
   * @throws GatewayError `gateway_not_ready` when it could not be written; the hold is left to expiry.
   */
  async close(closing: Closing, echo?: object): Promise<Closed> {
    const closed = await this.#settle.ask(closingEntry(closing), closing.rootId);
    if (closed.state !== 'unknown' || !echo) return closed;
    return this.#settle.ask(closingEntry(closing, echo), closing.rootId);
  }

  renew(renewal: Renewal): Promise<Renewed> {
    return this.#renew.ask(renewalEntry(renewal), renewal.rootId);
  }

  /** Closes holds that nobody came back for, a few at a time; returns how many. */
  async sweep(atMost = 10_000): Promise<number> {
    let swept = 0;
    while (swept < atMost) {
      const [row] = await this.#settlement.simple<{ swept: number }>(
        `select sweep_v1(${SWEEP_AT_A_TIME}) as swept`,
      );
      const some = row?.swept ?? 0;
      if (some === 0) break;
      swept += some;
    }
    return swept;
  }

  /** Ends connections that were frozen in the middle of a write and keep rows locked. */
  async endStuckClients(): Promise<void> {
    await this.#settlement.simple('select end_stuck_clients() as ended');
  }

  async disconnect(): Promise<void> {
    await Promise.all([this.#admission.close(), this.#settlement.close()]);
  }
}
