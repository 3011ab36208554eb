interface Sample {
  bytes: number;
  atMs: number;
}

/** What is looked back at: short enough to follow a change, long enough to be calm. */
const WINDOW_MS = 10_000;

/** How fast bytes come, by the last few seconds. */
export class Pace {
  #samples: Sample[] = [];

  /** @param bytes all that have come; fewer than before where some had to be fetched again */
  note(bytes: number, atMs: number): void {
    const last = this.#samples.at(-1);
    if (last && bytes < last.bytes) this.#samples = [];
    this.#samples.push({ bytes, atMs });
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - WINDOW_MS) this.#samples.shift();
  }

  /** Undefined as long as it cannot be told. */
  get bytesPerSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.atMs === first.atMs) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs);
  }

  /** How long what is left will take; undefined while nothing comes. */
  secondsLeft(totalBytes: number): number | undefined {
    const { bytesPerSecond, bytes = 0 } = { bytesPerSecond: this.bytesPerSecond, ...this.#samples.at(-1) };
    if (bytesPerSecond === undefined || bytesPerSecond <= 0) return undefined;
    return Math.max(0, totalBytes - bytes) / bytesPerSecond;
  }
}
