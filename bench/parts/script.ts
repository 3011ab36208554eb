/** What the upstream of the benchmark says, so that both sides can count it. */
export const WHOLE = { prompt: 9, output: 5 };
export const FAST = { prompt: 9, output: 1_000 };
/** A model of middling speed: tokens come one by one, and the caller reads along. */
export const SLOW = { prompt: 9, output: 20, firstAfterMs: 200, everyMs: 250 };

/** Models, by what the upstream does when it is asked for them; `translated` is asked in Ollama's words. */
export type ModelName = 'passed' | 'translated' | 'slow';

/** What an upstream has sent, or a ledger charged. */
export interface Sums {
  calls: number;
  prompt: number;
  output: number;
}
