/** What a call asks of the ledger before any work is done for it. */
export interface Admission {
  /** The request id; the same one again gets the same verdict. */
  requestId: string;
  keyId: number;
  consumerId: number;
  /** Whose limits all calls of this tenant share. */
  rootId: number;
  /** The caller's address, for keys that may be shown in some networks only. */
  address: string | undefined;
  model: string;
  prompt: PromptMeasure;
  /** The most tokens that the caller asks for, per choice. */
  outputCap: number | undefined;
  choices: number;
  /** How many prompts the call has: each may be as long as the model's context. */
  prompts: number;
  /** What the caller attributes the call to. */
  endUser: string | undefined;
  tag: string | undefined;
}

/** How big a prompt is, without a tokenizer. */
interface PromptMeasure {
  /** UTF-8 bytes of all that the model reads: no tokenizer makes more tokens of it. */
  bytes: number;
  latin: number;
  cjk: number;
  other: number;
  messages: number;
  tools: number;
  images: number;
}

export type Verdict = Admitted | Refused;

export interface Admitted {
  verdict: 'admitted';
  /** The output tokens granted to each choice. */
  cap: number;
  /** The cap is lower than what was asked for, since a limit has no more. */
  cut: boolean;
  /** The prompt's tokens, by the model's calibration. */
  estimate: number;
  promptHeld: number;
  outputHeld: number;
  strict: boolean;
  /** The model's usual tokens per 1,000 s. */
  rate: number;
  /** Characters of 1,000 output tokens. */
  outputChars: number;
  /** No more prompt tokens are believed of an upstream's report. */
  promptLimit: number;
  priceVersion: number;
  limits: ShownLimits | null;
  /** All that the ledger needs to put the hold back, should its database lose it. Opaque here. */
  echo: object;
}

export interface Refused {
  verdict: 'refused';
  reason: Refusal;
  metric?: 'requests' | 'tokens' | 'cost' | 'parallel';
  win?: string;
  /** The limit is the key's or its own consumer's; else the caller must not learn of it. */
  own?: boolean;
  retryMs?: number | null;
  limits?: ShownLimits | null;
}

/**
 * `quota`: gone for this window. `in_flight`: there would be enough, but for what is held. `closed`: this
 * request id has a receipt. `again`: ask once more at once.
 */
type Refusal = 'key' | 'model' | 'address' | 'quota' | 'in_flight' | 'rate' | 'parallel' | 'closed' | 'again';

/** The tightest of the caller's own limits, what is held counted as gone. */
export interface ShownLimits {
  requests?: ShownLimit;
  tokens?: ShownLimit;
}

interface ShownLimit {
  limit: number;
  left: number;
  /** Until it is whole again; null = never. */
  resetMs: number | null;
}
