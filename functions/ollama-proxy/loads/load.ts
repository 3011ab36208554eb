/** What is to be in memory, and how: a request that says it otherwise has Ollama load the model anew. */
export interface Load {
  /** As Ollama lists it, such as `tiny:latest`. */
  model: string;
  /** A model that makes vectors cannot be asked to generate nothing. */
  use: 'generate' | 'embed';
  /** The fields of a caller's request that decide how a model is loaded. */
  settings: Readonly<Record<string, unknown>>;
}

/** Options with which a runner is started (reference: ollama/api/types.go, `Runner`). */
const LOAD_OPTIONS = [
  'num_ctx',
  'num_batch',
  'num_gpu',
  'main_gpu',
  'use_mmap',
  'num_thread',
  'draft_num_predict',
];

/**
 * What a request of a caller needs to be loaded; two that need the same have the same text as JSON. How long the model
 * shall stay is not among it: a load that says `keep_alive: 0` is how Ollama is asked to unload.
 */
export function loadOf(model: string, path: string, body: Readonly<Record<string, unknown>>): Load {
  const given = isObject(body.options) ? body.options : {};
  const options = Object.fromEntries(
    LOAD_OPTIONS.filter((name) => given[name] != null).map((name) => [name, given[name]]),
  );
  return {
    model,
    use: path === '/api/embed' ? 'embed' : 'generate',
    settings: {
      ...(Object.keys(options).length > 0 && { options }),
      ...(body.shift != null && { shift: body.shift }),
    },
  };
}

/** The request that loads and does nothing else. */
export const loadRequest = ({ model, use, settings }: Load) =>
  use === 'embed'
    ? { path: '/api/embed', body: { model, input: [], ...settings } }
    : { path: '/api/generate', body: { model, stream: false, ...settings } };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
