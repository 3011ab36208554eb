/** Ollama may go on for a while with a call whose caller went away: its slot counts as taken. */
const LINGERS_MS = 5_000;

/** This router's own calls at each upstream. */
export class InFlight {
  readonly #counts = new Map<number, number>();
  /** When slots of calls that were broken off will be free, in order. */
  readonly #lingering = new Map<number, number[]>();

  add(upstreamId: number): void {
    this.#counts.set(upstreamId, (this.#counts.get(upstreamId) ?? 0) + 1);
  }

  remove(upstreamId: number, wasBrokenOff: boolean, nowMs: number): void {
    this.#counts.set(upstreamId, (this.#counts.get(upstreamId) ?? 1) - 1);
    if (!wasBrokenOff) return;
    this.#lingering.set(upstreamId, [...this.#lingeringAt(upstreamId, nowMs), nowMs + LINGERS_MS]);
  }

  at(upstreamId: number, nowMs: number): number {
    return (this.#counts.get(upstreamId) ?? 0) + this.#lingeringAt(upstreamId, nowMs).length;
  }

  #lingeringAt(upstreamId: number, nowMs: number): number[] {
    const all = this.#lingering.get(upstreamId);
    if (!all) return [];
    const left = all.filter((untilMs) => untilMs > nowMs);
    if (left.length === 0) this.#lingering.delete(upstreamId);
    return left;
  }
}
