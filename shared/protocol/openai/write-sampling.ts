import type { Sampling } from '../prompt.ts';

/** The last three are what vLLM, DashScope and most others know beyond OpenAI, which refuses them by name. */
const NAMES = {
  temperature: 'temperature',
  topP: 'top_p',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  stop: 'stop',
  topK: 'top_k',
  minP: 'min_p',
  repeatPenalty: 'repetition_penalty',
} as const satisfies Record<keyof Sampling, string>;

/** Only what the caller gave: for the rest the service has its own. */
export const writeSampling = (sampling: Sampling): Record<string, unknown> =>
  Object.fromEntries(Object.entries(sampling).map(([name, value]) => [NAMES[name as keyof Sampling], value]));
