import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Attempt } from '#shared/ledger/closing.ts';
import type { Ledger } from '#shared/ledger/ledger.ts';
import type { Admission, Admitted } from '#shared/ledger/verdict.ts';
import { type MeasuredUsage, measuredUsage } from '#shared/protocol/measured-usage.ts';
import type { Ending, Measuring, Passage } from '#shared/protocol/passage.ts';
import type { Because } from '#shared/routing/choose.ts';
import { Lease } from './lease.ts';

/**
 * A call for which quota is held, from admission to the end: its lease, its attempts, and what it comes to.
 *
 * Which ending is charged how: docs/decisions/0006-what-is-charged.md.
 */
export class HeldCall implements Measuring {
  readonly #ledger: Ledger;
  readonly #exchange: Exchange;
  readonly #admission: Admission;
  readonly #admitted: Admitted;
  readonly #lease: Lease;
  readonly #attempts: Attempt[] = [];
  #passage: Passage | undefined;

  constructor(ledger: Ledger, exchange: Exchange, admission: Admission, admitted: Admitted) {
    this.#ledger = ledger;
    this.#exchange = exchange;
    this.#admission = admission;
    this.#admitted = admitted;
    this.#lease = new Lease(ledger, admission, admitted.echo);
  }

  /** The output tokens granted to each choice: it goes upstream. */
  get outputCap(): number {
    return this.#admitted.cap;
  }

  get mostPieces(): number {
    return this.#admitted.outputHeld;
  }

  get promptEstimate(): number {
    return this.#admitted.estimate;
  }

  /** Aborted when the ledger has closed this call behind our back. */
  get gone(): AbortSignal {
    return this.#lease.gone;
  }

  readonly now = () => performance.now();

  readonly measure = (reported: Passage['reported'], produced: Passage['produced']): MeasuredUsage => {
    const { estimate: promptEstimate, promptLimit, outputHeld, outputChars, rate } = this.#admitted;
    return measuredUsage(
      reported,
      produced,
      { promptEstimate, promptLimit, outputHeld, outputChars, rate },
      this.now(),
    );
  };

  /** From here on work is done that may have to be paid. */
  asked(upstream: string, because: Because): void {
    this.#attempts.push({ upstream, because });
    this.#lease.begin(upstream);
  }

  /** For the receipt; whether another try follows is not decided here. */
  attemptFailed({ failure }: GatewayError): void {
    const last = this.#attempts.at(-1);
    if (last && failure !== 'caller_gone') last.failure = failure;
  }

  answeredBy(passage: Passage): void {
    this.#passage = passage;
    this.#lease.watch(passage.produced);
  }

  /** Closes the hold; when this returns it is durable, and the caller may see the end. */
  async close(ending: Ending): Promise<void> {
    if (ending.kind === 'finished') await this.#settle(ending.measured, ending.reason);
    else await this.fail(ending.error);
  }

  /**
   * Closes the hold of a call that failed: what was produced is charged, and of a caller who hung up also the prompt, since
   * the model was at work for it. What failed by itself before it had produced anything costs nothing.
   */
  async fail(error: GatewayError): Promise<void> {
    const passage = this.#passage;
    const isOwed =
      (passage?.begun ?? false) || (error.failure === 'caller_gone' && this.#attempts.length > 0);
    if (!isOwed) await this.#closed('released', NOTHING, error.failure);
    else
      await this.#settle(
        this.measure(passage?.reported, passage?.produced ?? NOTHING_PRODUCED),
        error.failure,
      );
  }

  async #settle(measured: MeasuredUsage, reason: string): Promise<void> {
    const { prompt, output } = measured.usage;
    Object.assign(this.#exchange.facts, {
      promptTokens: prompt,
      outputTokens: output,
      usageSource: measured.source,
    });
    await this.#closed('settled', measured, reason);
  }

  async #closed(outcome: 'settled' | 'released', measured: MeasuredUsage, reason: string): Promise<void> {
    this.#lease.end();
    const { requestId, keyId, consumerId, rootId, model } = this.#admission;
    const { arrivedAtMs } = this.#exchange;
    const firstAtMs = this.#passage?.produced.firstAtMs;
    const { usage, source, counted, reported } = measured;
    const closing = {
      requestId,
      keyId,
      consumerId,
      rootId,
      model,
      outcome,
      prompt: usage.prompt,
      output: usage.output,
      source,
      promptReported: reported?.prompt,
      outputReported: reported?.output,
      outputCounted: counted,
      upstream: this.#attempts.at(-1)?.upstream,
      attempts: this.#attempts,
      reason,
      firstTokenMs: firstAtMs === undefined ? undefined : firstAtMs - arrivedAtMs,
      totalMs: this.now() - arrivedAtMs,
    };
    // Where the ledger cannot be reached, the end is sent all the same: the hold stays, and expires to what was last known.
    await this.#ledger.close(closing, this.#admitted.echo).catch((error: unknown) => {
      this.#exchange.facts.unsettled = error instanceof GatewayError ? error.failure : 'internal_error';
    });
  }
}

const NOTHING_PRODUCED = { pieces: 0, characters: 0, lumps: 0, firstAtMs: undefined };
const NOTHING: MeasuredUsage = {
  usage: { prompt: 0, output: 0 },
  source: 'counted',
  counted: 0,
  reported: undefined,
};
