import * as z from 'zod';
import { listOf } from '../list-of.ts';
import type { Sampling } from '../prompt.ts';
import { unsupported } from './refuse-demands.ts';

const number = z.number().nullish();
const integer = z.int().nullish();

/** `options` of a request to `/api/chat` or `/api/generate`: those that have a meaning here. `null` counts as absent. */
export const Options = z.looseObject({
  temperature: z.number().min(0).nullish(),
  top_p: number,
  top_k: integer,
  min_p: number,
  seed: integer,
  presence_penalty: number,
  frequency_penalty: number,
  repeat_penalty: number,
  stop: z.union([listOf(z.string()), z.string()]).nullish(),
  /** Any number below 0 stands for no cap. */
  num_predict: z
    .int()
    .refine((tokens) => tokens !== 0, 'must be at least 1, or -1 for no cap')
    .nullish(),
  num_ctx: z.int().min(1).nullish(),
});
type Options = z.infer<typeof Options>;

/** Options without an effect here, which clients may go on sending. */
const WITHOUT_EFFECT = new Set([
  // What to keep when a context is shifted: it never is, since what is too long is refused.
  'num_keep',
  // Ollama had these once, and ignores them itself by now; clients have fields for them still.
  ...['numa', 'low_vram', 'f16_kv', 'logits_all', 'vocab_only', 'use_mlock', 'embedding_only'],
  ...['tfs_z', 'mirostat', 'mirostat_tau', 'mirostat_eta', 'penalize_newline'],
]);

/** Options with which a model is loaded: another value than the last would load it anew, for all who share it. */
const OPERATORS_OWN = new Set([
  ...['num_batch', 'num_gpu', 'main_gpu', 'use_mmap', 'num_thread', 'draft_num_predict'],
]);

/**
 * Refuses the first option that would have an effect at Ollama and has none here.
 *
 * @param known the options that are read
 * @throws GatewayError `unsupported_parameter` with the path of the option.
 */
export function refuseOptions(options: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value == null || known.includes(name) || WITHOUT_EFFECT.has(name)) continue;
    const param = `options.${name.slice(0, 100)}`;
    if (OPERATORS_OWN.has(name)) {
      throw unsupported(`${param} cannot be given: how a model is loaded is set by the operator.`, param);
    }
    throw unsupported(`${param} is not an option that can be given here.`, param);
  }
}

/** What the options of an answer ask for. @throws GatewayError as `refuseOptions` does. */
export function readOptions(options: Options | null | undefined) {
  refuseOptions(options ?? {}, Object.keys(Options.shape));
  const { num_predict: outputCap, num_ctx: contextTokens } = options ?? {};
  return {
    sampling: samplingOf(options ?? {}),
    ...(outputCap != null && outputCap > 0 && { outputCap }),
    ...(contextTokens != null && { contextTokens }),
  };
}

function samplingOf(options: Options): Sampling {
  // An empty list would take away the stops that the model itself brings.
  const stops = [options.stop ?? []].flat().filter((stop) => stop !== '');
  const given = {
    temperature: options.temperature,
    topP: options.top_p,
    topK: options.top_k,
    minP: options.min_p,
    seed: options.seed,
    presencePenalty: options.presence_penalty,
    frequencyPenalty: options.frequency_penalty,
    repeatPenalty: options.repeat_penalty,
    stop: stops.length > 0 ? stops : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
}
