import type { Image, Sampling } from '../prompt.ts';
import type { GeneratePrompt } from '../task.ts';
import { unsupported } from './refuse-demands.ts';

/** What the catalog says of a model at one Ollama; a caller has no say in it, since another value reloads the model for all. */
export interface OllamaModelSettings {
  /** The name that this Ollama knows. */
  model: string;
  /** Context lengths that may be asked for, ascending; the first is the default. Empty = the server's own. */
  contextSteps: readonly number[];
  keepAlive?: string;
}

type Wishes = Pick<GeneratePrompt, 'sampling' | 'outputCap' | 'format' | 'thinking' | 'contextTokens'>;

/**
 * The fields that `/api/chat` and `/api/generate` share.
 *
 * `truncate` and `shift` are off, so that a prompt that is too long is an error and not silently cut.
 * Upstream it is always a stream: one that hangs or breaks shows it.
 *
 * @throws GatewayError `unsupported_parameter` for a context that the model is not offered with.
 */
export const inferenceFields = (wishes: Wishes, settings: OllamaModelSettings) => ({
  stream: true,
  truncate: false,
  shift: false,
  options: optionsOf(wishes, settings),
  ...(wishes.format && { format: wishes.format.type === 'json' ? 'json' : wishes.format.schema }),
  ...(wishes.thinking !== undefined && { think: wishes.thinking }),
  ...keepAliveField(settings),
});

/** Ollama takes a number as seconds and wants a unit on a string (`"300"` is an error there). */
export const keepAliveField = ({ keepAlive }: OllamaModelSettings) =>
  keepAlive === undefined
    ? undefined
    : { keep_alive: /^-?\d+$/.test(keepAlive) ? Number(keepAlive) : keepAlive };

/** The context that the model is loaded with: the smallest configured step that holds what was asked for. */
export function contextOption(
  wanted: number | undefined,
  { contextSteps: steps }: OllamaModelSettings,
): { num_ctx: number } | undefined {
  if (wanted === undefined) return steps[0] === undefined ? undefined : { num_ctx: steps[0] };
  const step = steps.find((tokens) => tokens >= wanted);
  if (step !== undefined) return { num_ctx: step };
  const offer = steps.length > 0 ? `The largest it offers is ${steps.at(-1)}` : 'It is set by the operator';
  throw unsupported(`This model cannot be given a context of ${wanted} tokens. ${offer}.`, 'num_ctx');
}

/** Base64 data; an address is never fetched. */
export function imageData(image: Image): string {
  if (image.type === 'base64') return image.data;
  throw unsupported('Images must be given as base64 data URLs; addresses are never fetched.', image.param);
}

const OPTION_NAMES = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  repeatPenalty: 'repeat_penalty',
  stop: 'stop',
} as const satisfies Record<keyof Sampling, string>;

/** Only what the caller gave: the model's own parameters stand for the rest, unlike on Ollama's `/v1`. */
function optionsOf({ sampling, outputCap, contextTokens }: Wishes, settings: OllamaModelSettings): object {
  const given = Object.entries(sampling).map(([name, value]) => [
    OPTION_NAMES[name as keyof Sampling],
    value,
  ]);
  return {
    ...Object.fromEntries(given),
    ...(outputCap !== undefined && { num_predict: outputCap }),
    ...contextOption(contextTokens, settings),
  };
}
