import type { Call } from './model/call.ts';

/** The ledger's SQL functions as their contract has them; written from the contract, not from the client. */
interface Left {
  limit: number;
  left: number;
  resetMs: number;
}

interface Shown {
  limits?: { requests: Left | null; tokens: Left | null };
}

export interface Admitted extends Shown {
  verdict: 'admitted';
  cap: number;
  cut: boolean;
  estimate: number;
  promptHeld: number;
  outputHeld: number;
  strict: boolean;
  rate: number;
  outputChars: number;
  promptLimit: number;
  priceVersion: number;
  echo: unknown;
}

export interface Refused extends Shown {
  verdict: 'refused';
  reason: 'key' | 'model' | 'address' | 'quota' | 'in_flight' | 'rate' | 'parallel' | 'closed' | 'again';
  metric?: string | null;
  win?: string | null;
  retryMs?: number | null;
  own?: boolean;
}

export type AdmitResult = Admitted | Refused;
export type AdmitCall = Call;

export interface SettleCall {
  id: string;
  outcome: 'settled' | 'released';
  key: number;
  consumer: number;
  model: string;
  prompt: number;
  output: number;
  source: 'reported' | 'counted';
  promptReported: number | null;
  outputReported: number | null;
  outputCounted: number | null;
  upstream: string | null;
  attempts: unknown[];
  reason: string | null;
  firstTokenMs: number | null;
  totalMs: number | null;
  echo?: unknown;
}

export interface SettleResult {
  state: 'closed' | 'corrected' | 'final' | 'unknown';
  outcome?: string;
  prompt?: number;
  output?: number;
  cost?: number;
}

export interface RenewCall {
  id: string;
  started: boolean;
  upstream: string | null;
  progress: number;
  firstToken: boolean;
  intervalMs: number;
}

export type RenewResult = 'renewed' | 'gone' | 'missing';
