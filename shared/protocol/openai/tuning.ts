import type * as z from 'zod';
import type { Demand, Sampling } from '../prompt.ts';
import { ChatParameters } from './chat-request.ts';

/** How a model shall work, in OpenAI's words and in Ollama's: what we read of it at each of OpenAI's paths. */
export const Tuning = ChatParameters.pick({
  temperature: true,
  top_p: true,
  top_k: true,
  min_p: true,
  seed: true,
  presence_penalty: true,
  frequency_penalty: true,
  repeat_penalty: true,
  stop: true,
  num_ctx: true,
  options: true,
  keep_alive: true,
  shift: true,
  truncate: true,
});
export type Tuning = z.infer<typeof Tuning>;

export function samplingOf(tuning: Tuning): Sampling {
  // An empty list would take away the stops that the model itself brings.
  const stops = [tuning.stop ?? []].flat().filter((stop) => stop !== '');
  const given = {
    temperature: tuning.temperature,
    topP: tuning.top_p,
    topK: tuning.top_k,
    minP: tuning.min_p,
    seed: tuning.seed,
    presencePenalty: tuning.presence_penalty,
    frequencyPenalty: tuning.frequency_penalty,
    repeatPenalty: tuning.repeat_penalty,
    stop: stops.length > 0 ? stops : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
}

export function contextTokensOf({ num_ctx, options }: Tuning): { contextTokens?: number } {
  const contextTokens = num_ctx ?? options?.num_ctx;
  return contextTokens == null ? {} : { contextTokens };
}

/** What callers want of the upstream's runner. */
export function runnerDemandsOf(tuning: Tuning): Demand[] {
  const demands: (Demand | false)[] = [
    tuning.keep_alive != null && { kind: 'keep-alive', param: 'keep_alive' },
    ...nativeOptions(tuning),
    tuning.shift === true && { kind: 'context-shift', param: 'shift' },
    tuning.truncate === true && { kind: 'context-shift', param: 'truncate' },
  ];
  return demands.filter((demand) => demand !== false);
}

/** Ollama's own `options`, which its users put into any request; dropped in silence they would mislead. */
const nativeOptions = ({ options }: Tuning): Demand[] =>
  Object.keys(options ?? {})
    .filter((name) => name !== 'num_ctx')
    .map((name) => ({ kind: 'native-option', param: `options.${name.slice(0, 100)}` }));
