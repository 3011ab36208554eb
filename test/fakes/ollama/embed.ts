import { createHash } from 'node:crypto';
import { failures, type OllamaError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { nanoseconds } from './generation.ts';
import { checkFields, goJson, type JsonObject, readGoJson } from './go-json.ts';
import { readKeepAliveMs } from './keep-alive.ts';
import type { Model } from './models.ts';
import { withoutZeros } from './native-chat.ts';
import { checkOptions, runnerSettings } from './runner-options.ts';
import type { Ollama } from './server-state.ts';
import { countTokens } from './tokens.ts';
import { sendWhole } from './wire.ts';

export async function nativeEmbed(ollama: Ollama, exchange: Exchange): Promise<void> {
  const body = readGoJson(exchange.record.bodyText, 'api.EmbedRequest', failures.missingBody());
  checkFields(body, 'EmbedRequest', { model: 'string', options: 'map', truncate: 'bool', dimensions: 'int' });
  const startedAt = performance.now();
  const { embeddings, promptTokens } = await embed(ollama, exchange, body, readInput(body.input));
  const total = nanoseconds(performance.now() - startedAt);
  const metrics = withoutZeros({ total_duration: total, load_duration: 1, prompt_eval_count: promptTokens });
  await sendWhole(exchange, 200, goJson({ model: body.model, embeddings, ...metrics }), JSON_TYPE);
}

/** The old route: one prompt, one vector, no counts. */
export async function nativeEmbeddings(ollama: Ollama, exchange: Exchange): Promise<void> {
  const body = readGoJson(exchange.record.bodyText, 'api.EmbeddingRequest', failures.missingBody());
  checkFields(body, 'EmbeddingRequest', { model: 'string', prompt: 'string', options: 'map' });
  const { embeddings } = await embed(ollama, exchange, body, readInput(body.prompt));
  await sendWhole(exchange, 200, goJson({ embedding: embeddings[0] ?? [] }), JSON_TYPE);
}

/** Empty input only loads the model. */
export async function embed(ollama: Ollama, exchange: Exchange, body: JsonObject, input: string[]) {
  const model = ollama.models.find(String(body.model ?? ''), notFound);
  const options = (body.options ?? {}) as JsonObject;
  checkOptions(options);
  const settings = runnerSettings(model, options, true, ollama.contextLength);
  const keepAliveMs = readKeepAliveMs(body.keep_alive);
  const releaseSlot = await ollama.scheduler.acquire(model, settings, keepAliveMs, exchange);
  try {
    const counts = input.map((text) => Math.max(1, countTokens(text)));
    const isTooLong = counts.some((count) => count > settings.numCtx);
    if (isTooLong && body.truncate === false) throw failures.embedTooLong();
    const promptTokens = counts.reduce((sum, count) => sum + Math.min(count, settings.numCtx), 0);
    exchange.record.update({ phase: 'generating', generation: 'finished', promptTokens });
    const dimensions = Number(body.dimensions ?? 0);
    return { embeddings: input.map((text) => vectorOf(text, model, dimensions)), promptTokens };
  } finally {
    releaseSlot();
  }
}

/** The same text has always the same vector, of length 1; a shorter one is cut and stretched again. */
function vectorOf(text: string, model: Model, dimensions: number): number[] {
  const size = dimensions > 0 ? Math.min(dimensions, model.embeddingLength) : model.embeddingLength;
  const bytes = createHash('shake256', { outputLength: model.embeddingLength * 2 })
    .update(text)
    .digest();
  const raw = Array.from({ length: size }, (_, at) => bytes.readInt16LE(at * 2));
  const norm = Math.hypot(...raw);
  return raw.map((value) => Math.fround(value / norm));
}

function readInput(input: unknown): string[] {
  if (input === undefined || input === null || input === '') return [];
  if (typeof input === 'string') return [input];
  if (Array.isArray(input) && input.every((item) => typeof item === 'string')) return input;
  throw failures.invalidInputType();
}

/** The embedding routes word this in their own way, but only when there is a name. */
const notFound = (name: string): OllamaError =>
  name === '' ? failures.modelNotFound('') : failures.modelNotFoundForEmbed(name);

const JSON_TYPE = 'application/json; charset=utf-8';
