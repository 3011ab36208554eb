import { failures } from './errors.ts';
import type { JsonObject } from './go-json.ts';
import type { Model } from './models.ts';

/** What a runner is started with: a request with other values makes Ollama load the model anew. */
export interface RunnerSettings {
  numCtx: number;
  shift: boolean;
  /** The other load-time options, as sent. */
  others: JsonObject;
}

const INTEGERS =
  'num_ctx num_batch num_gpu main_gpu num_thread draft_num_predict num_keep seed num_predict top_k repeat_last_n';
const FLOATS = 'top_p min_p typical_p temperature repeat_penalty presence_penalty frequency_penalty';
const KINDS = new Map<string, string>([
  ...INTEGERS.split(' ').map((name) => [name, 'of type integer'] as const),
  ...FLOATS.split(' ').map((name) => [name, 'of type float32'] as const),
  ['use_mmap', 'of type boolean'],
  ['stop', 'of type array'],
]);
const LOAD_TIME = ['num_batch', 'num_gpu', 'main_gpu', 'use_mmap', 'num_thread', 'draft_num_predict'];

/** Refuses known options of a wrong type; Ollama only logs the names that it does not know. */
export function checkOptions(options: JsonObject): void {
  for (const [name, value] of Object.entries(options)) {
    const kind = KINDS.get(name);
    if (kind && value !== null && !isOf(kind, value)) throw failures.wrongOption(name, kind);
  }
  const stop = options.stop;
  if (Array.isArray(stop) && stop.some((item) => typeof item !== 'string')) {
    throw failures.wrongOption('stop', 'of an array of strings');
  }
}

export function runnerSettings(
  model: Model,
  options: JsonObject,
  shift: boolean,
  defaultNumCtx: number,
): RunnerSettings {
  const wanted = Number(options.num_ctx ?? model.numCtx ?? defaultNumCtx);
  const others = Object.fromEntries(
    LOAD_TIME.filter((name) => options[name] != null).map((name) => [name, options[name]]),
  );
  return { numCtx: Math.min(wanted, model.contextLength), shift, others };
}

export const needsReload = (running: RunnerSettings, wanted: RunnerSettings): boolean =>
  JSON.stringify(running) !== JSON.stringify(wanted);

function isOf(kind: string, value: unknown): boolean {
  if (kind === 'of type boolean') return typeof value === 'boolean';
  if (kind === 'of type array') return Array.isArray(value);
  return typeof value === 'number';
}
