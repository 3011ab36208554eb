import * as z from 'zod';
import type { Demand, Prompt } from '../prompt.ts';
import { Options } from './options.ts';
import { unsupported } from './refuse-demands.ts';

/**
 * What `/api/chat` and `/api/generate` share. `null` counts as absent; a field that Ollama does not know either has no
 * effect there and none here.
 */
export const inferenceShape = {
  model: z.string().min(1),
  stream: z.boolean().nullish(),
  format: z.union([z.enum(['json', '']), z.looseObject({})]).nullish(),
  think: z.union([z.boolean(), z.enum(['low', 'medium', 'high', 'max'])]).nullish(),
  options: Options.nullish(),
  /**
   * Read and not obeyed: how long a model stays on a GPU that many share is the operator's, no answer depends on it, and
   * many clients send it with every request.
   */
  keep_alive: z.union([z.number(), z.string()]).nullish(),
  truncate: z.boolean().nullish(),
  shift: z.boolean().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().nullish(),
  _debug_render_only: z.boolean().nullish(),
};

const Inference = z.looseObject(inferenceShape);
type Inference = z.infer<typeof Inference>;

/** Ollama streams unless it is told not to. */
export const isStream = ({ stream }: Pick<Inference, 'stream'>) => stream ?? true;

/** @throws GatewayError `unsupported_parameter` for what would show the operator's template. */
export function readInference({ format, think, truncate, shift, ...rest }: Inference) {
  if (rest._debug_render_only === true)
    throw unsupported("_debug_render_only would show the model's template.", '_debug_render_only');
  const demands: (Demand | false)[] = [
    truncate === true && { kind: 'context-shift', param: 'truncate' },
    shift === true && { kind: 'context-shift', param: 'shift' },
    rest.logprobs === true && { kind: 'logprobs', param: 'logprobs' },
    (rest.top_logprobs ?? 0) > 0 && { kind: 'logprobs', param: 'top_logprobs' },
  ];
  return {
    ...formatOf(format),
    ...(think != null && { thinking: think }),
    demands: demands.filter((demand) => demand !== false),
  };
}

function formatOf(format: Inference['format']): { format?: NonNullable<Prompt['format']> } {
  if (format == null || format === '') return {};
  return { format: format === 'json' ? { type: 'json' } : { type: 'schema', schema: format } };
}

/**
 * Without a prompt, Ollama only loads the model; with `keep_alive` 0 it puts it away.
 *
 * @throws GatewayError `unsupported_parameter` for the latter.
 */
export function refuseUnload({ keep_alive: keepAlive }: Pick<Inference, 'keep_alive'>): void {
  if (keepAlive == null || !ZERO.test(String(keepAlive))) return;
  throw unsupported(
    'keep_alive cannot be 0 without a prompt: a model that others share is not put away.',
    'keep_alive',
  );
}

/** A number, or a duration as Go writes it. */
const ZERO = /^[-+]?(0+\.?0*|\.0+)(ns|us|µs|ms|s|m|h)?$/;
