/** What the ledger knows, as plain values: the state of the model. Instants are µs since 1970. */
export interface World {
  nowUs: number;
  finalAfterUs: number;
  consumers: Map<number, Consumer>;
  keys: Map<number, Key>;
  models: Map<string, Model>;
  limits: Map<number, Limit>;
  holds: Map<string, Hold>;
  receipts: Map<string, Receipt>;
  /** Holds that a failover lost, by id: their echo is all that is left. */
  lost: Map<string, Hold>;
}

export type Status = 'active' | 'disabled' | 'revoked' | 'retired';

export interface Consumer {
  id: number;
  /** Root to self. */
  path: number[];
  status: Status;
  models: string[] | null;
  timeZone: string;
}

export interface Key {
  id: number;
  consumerId: number;
  status: Status;
  expiresUs: number | null;
  models: string[] | null;
  cidrs: string[] | null;
}

export interface Price {
  version: number;
  input: number;
  output: number;
}

interface Calibration {
  latin: number;
  cjk: number;
  other: number;
  messageTokens: number;
  outputChars: number;
  usualOutput: number;
  rate: number;
}

export interface Model {
  name: string;
  status: Status;
  contextTokens: number | null;
  maxOutputTokens: number | null;
  defaultOutput: number | null;
  minOutput: number;
  imageTokens: number;
  prices: Price[];
  calibration: Calibration | null;
}

/** One stretch of time of a limit, with its counters. Holds and receipts point at the one they were admitted in. */
export interface Window {
  startUs: number;
  endUs: number;
  used: number;
  held: number;
  peak: number;
}

export interface Limit {
  id: number;
  consumerId: number | null;
  keyId: number | null;
  metric: 'requests' | 'tokens' | 'cost' | 'parallel';
  win: 'minute' | 'hour' | 'day' | 'month' | 'total' | 'open';
  amount: number;
  strict: boolean;
  retired: boolean;
  /** The current one is the last. */
  windows: Window[];
  tatUs: number;
}

/** What a call takes of one limit. */
export interface Line {
  limit: Limit;
  window: Window;
  amount: number;
}

export interface Admission {
  id: string;
  key: number;
  consumer: number;
  root: number;
  model: string;
  price: Price;
  estimate: number;
  promptHeld: number;
  outputHeld: number;
  strict: boolean;
  forced: boolean;
  admittedUs: number;
  lines: Line[];
}

export interface Hold extends Admission {
  cap: number;
  cut: boolean;
  /** Tokens per 1,000 s. */
  rate: number;
  started: boolean;
  firstToken: boolean;
  progress: number;
  intervalMs: number;
  renewedUs: number;
  leaseEndUs: number;
}

export interface Receipt extends Admission {
  outcome: 'settled' | 'released' | 'expired' | 'void';
  final: boolean;
  /** Nothing was done, so nothing is owed: released, or expired before an upstream was asked. */
  free: boolean;
  prompt: number;
  output: number;
  cost: number;
  uncharged: number;
  holdLost: boolean;
  /** By how much each line is above what was held for it. */
  lineExcess: number[];
  closedUs: number;
}

export const FREE: Price = { version: 0, input: 0, output: 0 };

export const newWorld = (nowUs: number): World => ({
  ...{ nowUs, finalAfterUs: 3_600_000_000 },
  ...{ consumers: new Map(), keys: new Map(), models: new Map(), limits: new Map() },
  ...{ holds: new Map(), receipts: new Map(), lost: new Map() },
});

export const isRate = (limit: Limit) => limit.win === 'minute';
export const isParallel = (limit: Limit) => limit.metric === 'parallel';
export const isBudget = (limit: Limit) => !isRate(limit) && !isParallel(limit);
export const currentWindow = (limit: Limit) => limit.windows.at(-1)!;
