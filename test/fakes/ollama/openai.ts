import { checkCapabilities } from './capabilities.ts';
import { embed } from './embed.ts';
import { OllamaError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { checkFields, goJson, readGoJson } from './go-json.ts';
import { infer } from './inference.ts';
import type { Model } from './models.ts';
import { parseName } from './names.ts';
import { chatCompletionRendering, completionRendering } from './openai-rendering.ts';
import { readOpenAiChat, readOpenAiCompletion } from './openai-request.ts';
import type { Ollama } from './server-state.ts';
import { sendWhole } from './wire.ts';

export async function chatCompletions(ollama: Ollama, exchange: Exchange): Promise<void> {
  const request = readOpenAiChat(exchange.record.bodyText);
  const model = ollama.models.find(request.model);
  checkCapabilities(model, request, 'chat');
  await infer(ollama, exchange, model, request, chatCompletionRendering(request));
}

export async function completions(ollama: Ollama, exchange: Exchange): Promise<void> {
  const request = readOpenAiCompletion(exchange.record.bodyText);
  const model = ollama.models.find(request.model);
  checkCapabilities(model, request, 'generate');
  await infer(ollama, exchange, model, request, completionRendering(request));
}

export async function embeddings(ollama: Ollama, exchange: Exchange): Promise<void> {
  const body = readGoJson(exchange.record.bodyText, 'openai.EmbedRequest', new OllamaError(400, 'EOF'));
  checkFields(body, 'EmbedRequest', { model: 'string', dimensions: 'int', encoding_format: 'string' });
  const format = String(body.encoding_format || 'float');
  if (!['float', 'base64'].includes(format.toLowerCase())) {
    const told = `Invalid value for 'encoding_format' = ${format}. Supported values: ['float', 'base64'].`;
    throw new OllamaError(400, told);
  }
  const native = { model: body.model, dimensions: body.dimensions };
  const made = await embed(ollama, exchange, native, readInput(body.input));
  const encode = format.toLowerCase() === 'base64' ? toBase64 : (vector: number[]) => vector;
  await sendJson(exchange, {
    object: 'list',
    data: made.embeddings.map((vector, index) => ({ object: 'embedding', embedding: encode(vector), index })),
    model: body.model,
    usage: { prompt_tokens: made.promptTokens, total_tokens: made.promptTokens },
  });
}

/** Without models the list is `null`, which is how Go writes a slice that nobody filled. */
export function listModels(ollama: Ollama, exchange: Exchange): Promise<void> {
  const data = ollama.models.list().map((model) => describe(model.name, model));
  return sendJson(exchange, { object: 'list', data: data.length > 0 ? data : null });
}

export function retrieveModel(ollama: Ollama, exchange: Exchange): Promise<void> {
  const name = decodeURIComponent(exchange.record.path.slice('/v1/models/'.length));
  return sendJson(exchange, describe(name, ollama.models.find(name)));
}

const describe = (id: string, model: Model) => ({
  id,
  object: 'model',
  created: Math.floor(Date.parse(model.modifiedAt) / 1000),
  owned_by: parseName(id)?.namespace ?? 'library',
});

/** An empty string is embedded here, unlike on the native routes; an empty list is refused. */
function readInput(input: unknown): string[] {
  if (typeof input === 'string') return [input];
  const isList = Array.isArray(input) && input.length > 0;
  if (!isList) throw new OllamaError(400, 'invalid input');
  if (input.some((item) => typeof item !== 'string')) throw new OllamaError(400, 'invalid input type');
  return input;
}

const toBase64 = (vector: number[]): string =>
  Buffer.from(new Float32Array(vector).buffer).toString('base64');

const sendJson = (exchange: Exchange, value: unknown) =>
  sendWhole(exchange, 200, goJson(value), 'application/json');
