import type { JsonObject } from './go-json.ts';

/** A failure as Ollama words it; the surface decides the form of the body. */
export class OllamaError extends Error {
  readonly status: number;
  readonly extra: JsonObject;

  constructor(status: number, message: string, extra: JsonObject = {}) {
    super(message);
    this.status = status;
    this.extra = extra;
  }
}

/** Every text stands here as Ollama writes it, with its own quotes and spaces: they are what clients match on. */
export const failures = {
  missingBody: () => new OllamaError(400, 'missing request body'),
  modelRequired: () => new OllamaError(400, 'model is required'),
  invalidName: () => new OllamaError(400, 'invalid model name'),
  modelNotFound: (name: string) => new OllamaError(404, `model '${name}' not found`),
  modelNotFoundForEmbed: (name: string) =>
    new OllamaError(404, `model "${name}" not found, try pulling it first`),
  lacksCapability: (fullName: string, capability: string) =>
    new OllamaError(400, `${fullName} does not support ${capability}`),
  notForThis: (name: string, use: string) => new OllamaError(400, `"${name}" does not support ${use}`),
  badThink: (value: unknown) =>
    new OllamaError(
      400,
      typeof value === 'string'
        ? `invalid think value: "${value}" (must be "high", "medium", "low", "max", true, or false)`
        : 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)',
    ),
  wrongOption: (name: string, kind: string) => new OllamaError(500, `option "${name}" must be ${kind}`),
  invalidNameToDelete: (name: string) => new OllamaError(400, `name "${name}" is invalid`),
  badManifest: (message: string) => new OllamaError(500, message),
  loadStalled: () => new OllamaError(500, 'timed out waiting for llama-server to start - progress 0.00 - '),
  queueFull: () => new OllamaError(503, 'server busy, please try again.  maximum pending requests exceeded'),
  promptTooLong: () =>
    new OllamaError(
      400,
      'the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length',
    ),
  embedTooLong: () => new OllamaError(400, 'the input length exceeds the context length'),
  rawWithTemplate: () => new OllamaError(400, 'raw mode does not support template, system, or context'),
  invalidInputType: () => new OllamaError(400, 'invalid input type'),
  cloudDisabled: () => new OllamaError(403, 'ollama cloud is disabled: remote model is unavailable'),
  cloudUnauthorized: () =>
    new OllamaError(401, 'unauthorized', {
      signin_url: 'https://ollama.com/connect?name=fake&key=c3NoLWVkMjU1MTk',
    }),
};

/** What the runner says when it dies; for a fault or a model's `loadFailure`. */
export const RUNNER_DIED =
  'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details';

export const nativeErrorBody = (error: OllamaError) => ({ error: error.message, ...error.extra });

export function openAiErrorBody(error: OllamaError) {
  const type =
    error.status === 400 ? 'invalid_request_error' : error.status === 404 ? 'not_found_error' : 'api_error';
  return { error: { message: error.message, type, param: null, code: null } };
}
