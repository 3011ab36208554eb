/** How a call ended, as its router knows it. */
export interface Closing {
  requestId: string;
  keyId: number;
  consumerId: number;
  rootId: number;
  model: string;
  /** `released`: it produced nothing, so it costs nothing. */
  outcome: 'settled' | 'released';
  /** Tokens used; what of them is charged the ledger decides. */
  prompt: number;
  output: number;
  source: 'reported' | 'counted';
  promptReported: number | undefined;
  outputReported: number | undefined;
  /** Output tokens by our own count, whatever was reported. */
  outputCounted: number;
  upstream: string | undefined;
  attempts: readonly Attempt[];
  /** A finish reason, or the code of a failure. */
  reason: string;
  firstTokenMs: number | undefined;
  totalMs: number;
}

/** One try at one upstream. */
export interface Attempt {
  upstream: string;
  /** Why it was chosen, in a word of routing. */
  because: string;
  /** A failure's code, absent where it answered. */
  failure?: string;
}

/** `unknown`: neither hold nor receipt; the database lost it. */
export interface Closed {
  state: 'closed' | 'corrected' | 'final' | 'unknown';
  outcome: string | null;
  /** Tokens charged. */
  prompt: number | null;
  output: number | null;
  /** Micro-yuan charged. */
  cost: number | null;
}

/** What a router tells of a call under way. */
export interface Renewal {
  requestId: string;
  rootId: number;
  /** An upstream was asked. */
  started: boolean;
  upstream: string | undefined;
  /** Output tokens so far. */
  progress: number;
  firstToken: boolean;
  /** Until the next renewal. The lease is three times as long, and at least 10 s. */
  intervalMs: number;
}

/** `gone`: closed by another; the call must end. `missing`: lost, and to be put back. */
export type Renewed = 'renewed' | 'gone' | 'missing';
