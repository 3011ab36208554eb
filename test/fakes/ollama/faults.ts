/**
 * What can be made to go wrong. `afterChunks` counts lines (or SSE events) that pass unharmed, 1 when
 * left out; a reply that is shorter is hit at its end. Answers that are no stream count as one chunk.
 */
export type Fault =
  /** The socket is destroyed before a byte of the body was read. */
  | { kind: 'refuse' }
  | { kind: 'hang-before-head' }
  /** Head sent, nothing after. Without stream: no head either. */
  | { kind: 'hang-before-first-token' }
  | { kind: 'hang-mid-stream'; afterChunks?: number }
  | { kind: 'drip'; delayMs: number }
  | { kind: 'cut-mid-line'; afterChunks?: number }
  /** A clean EOF that lacks the ending. `from` says how much of it; without stream: `done:false`. */
  | { kind: 'cut-without-terminal'; from?: 'finish' | '[DONE]' }
  | { kind: 'done-false' }
  /** TCP RST. */
  | { kind: 'reset'; afterChunks?: number }
  /** Told in-band; on `/v1` it gets lost as it does in Ollama. With nothing sent yet it is a 500. */
  | { kind: 'error-line'; afterChunks?: number; message?: string }
  | {
      kind: 'error-status';
      status: number;
      message?: string;
      body?: string;
      headers?: Record<string, string>;
    }
  | { kind: 'queue-full' }
  /** One line is cut in half; the stream goes on and ends well. */
  | { kind: 'bad-json'; afterChunks?: number }
  | { kind: 'one-byte-chunks' }
  /** Every border of a write lies inside a character, if there is one of more than one byte. */
  | { kind: 'split-utf8' }
  /** 200 with a page, as from a captive proxy. */
  | { kind: 'html' }
  /** Bytes that are not HTTP. */
  | { kind: 'garbage-head' };

/** The faults that wait for their requests. Without a path they hit inference, on whatever route. */
export class Faults {
  #once: { fault: Fault; path: string | undefined }[] = [];
  #always: { fault: Fault; path: string | undefined }[] = [];

  /** The next matching request gets this fault; several queue up, one for each request. */
  next(fault: Fault, path?: string): void {
    this.#once.push({ fault, path });
  }

  /** Every matching request gets this fault, after those that were queued. */
  always(fault: Fault, path?: string): void {
    this.#always.push({ fault, path });
  }

  clear(): void {
    this.#once = [];
    this.#always = [];
  }

  /** Whether all queued faults have found their request. */
  get areSpent(): boolean {
    return this.#once.length === 0;
  }

  take(path: string, isInference: boolean): Fault | undefined {
    const hits = (planned: { path: string | undefined }) =>
      planned.path === path || (!planned.path && isInference);
    const at = this.#once.findIndex(hits);
    if (at !== -1) return this.#once.splice(at, 1)[0]?.fault;
    return this.#always.find(hits)?.fault;
  }
}
