import type { Ledger } from '#shared/ledger/ledger.ts';
import type { Admission } from '#shared/ledger/verdict.ts';
import type { Produced } from '#shared/protocol/produced.ts';

/** Between renewals: often at first, when most is at stake for what little is known. */
const INTERVALS_MS = [1_000, 1_000, 2_000, 4_000];
const INTERVAL_MS = 10_000;

const NOTHING: Pick<Produced, 'pieces' | 'firstAtMs'> = { pieces: 0, firstAtMs: undefined };

/**
 * Keeps a hold alive while its call runs, and tells the ledger how far it has come: should this process be lost, that is
 * what the call costs, and a little more.
 */
export class Lease {
  readonly #ledger: Ledger;
  readonly #admission: Admission;
  readonly #echo: object;
  readonly #gone = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #renewals = 0;
  #upstream: string | undefined;
  #produced = NOTHING;
  #ended = false;

  constructor(ledger: Ledger, admission: Admission, echo: object) {
    this.#ledger = ledger;
    this.#admission = admission;
    this.#echo = echo;
  }

  /** Aborted when the hold was closed by another: its time was over before we came back. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** An upstream is asked now. Not awaited: the work does not wait for it. */
  begin(upstream: string): void {
    this.#upstream = upstream;
    clearTimeout(this.#timer);
    this.#renew();
  }

  watch(produced: Produced): void {
    this.#produced = produced;
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #renew(): void {
    const intervalMs = INTERVALS_MS[this.#renewals] ?? INTERVAL_MS;
    this.#renewals += 1;
    // What fails here is tried again with the next renewal; if none gets through, the hold expires.
    this.#tell(intervalMs).catch(() => {});
    this.#timer = setTimeout(() => this.#renew(), intervalMs);
  }

  async #tell(intervalMs: number): Promise<void> {
    const { requestId, rootId } = this.#admission;
    const renewed = await this.#ledger.renew({
      requestId,
      rootId,
      started: true,
      upstream: this.#upstream,
      progress: this.#produced.pieces,
      firstToken: this.#produced.firstAtMs !== undefined,
      intervalMs,
    });
    if (this.#ended) return;
    if (renewed === 'gone') this.#gone.abort();
    else if (renewed === 'missing') await this.#ledger.putBack(this.#admission, this.#echo);
  }
}
