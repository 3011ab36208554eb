import * as z from 'zod';

/** Ollama's native answers, from its API documentation and `api/types.go`. */

const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
const nanoseconds = z.int().min(1);
const tokens = z.int().min(0);

const ToolCall = z.strictObject({
  id: z.string().min(1),
  function: z.strictObject({
    index: z.int().min(0),
    name: z.string().min(1),
    arguments: z.record(z.string(), z.unknown()),
  }),
});

const shared = { model: z.string().min(1), created_at: time };

const message = {
  message: z.strictObject({
    role: z.literal('assistant'),
    content: z.string(),
    thinking: z.string().min(1).optional(),
    tool_calls: z.array(ToolCall).min(1).optional(),
  }),
};
const response = { response: z.string(), thinking: z.string().min(1).optional() };

const last = {
  done: z.literal(true),
  done_reason: z.enum(['stop', 'length']),
  total_duration: nanoseconds,
  load_duration: nanoseconds.optional(),
  prompt_eval_count: tokens,
  prompt_eval_duration: nanoseconds.optional(),
  eval_count: tokens,
  eval_duration: nanoseconds.optional(),
};

export const ChatPiece = z.strictObject({ ...shared, ...message, done: z.literal(false) });
/** The last line, or the whole answer. */
export const ChatAnswer = z.strictObject({ ...shared, ...message, ...last });
export const GeneratePiece = z.strictObject({ ...shared, ...response, done: z.literal(false) });
export const GenerateAnswer = z.strictObject({ ...shared, ...response, ...last });

const loaded = { ...shared, done: z.literal(true), done_reason: z.literal('load') };
export const ChatLoaded = z.strictObject({ ...message, ...loaded });
export const GenerateLoaded = z.strictObject({ ...response, ...loaded });

const vector = z.array(z.number()).min(1);
export const EmbedAnswer = z.strictObject({
  model: z.string().min(1),
  embeddings: z.array(vector),
  total_duration: nanoseconds,
  load_duration: nanoseconds.optional(),
  prompt_eval_count: tokens,
});
export const EmbeddingsAnswer = z.strictObject({ embedding: vector });

const capability = z.enum(['completion', 'tools', 'thinking', 'vision', 'embedding']);
const details = {
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
};

const tag = z.strictObject({
  name: z.string().min(1),
  model: z.string().min(1),
  modified_at: z.iso.datetime(),
  size: z.literal(0),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  details: z.strictObject({ ...details, context_length: z.int().min(1).optional() }),
  capabilities: z.array(capability).min(1),
});

export const TagsAnswer = z.strictObject({ models: z.array(tag) });

export const ShowAnswer = z.strictObject({
  details: z.strictObject(details),
  model_info: z.record(z.string(), z.union([z.string(), z.number()])),
  capabilities: z.array(capability).min(1),
  modified_at: z.iso.datetime(),
});

const running = tag.extend({
  size_vram: z.literal(0),
  context_length: z.int().min(0),
  expires_at: z.iso.datetime(),
});
export const PsAnswer = z.strictObject({ models: z.array(running) });
export const VersionAnswer = z.strictObject({ version: z.string().regex(/^\d+\.\d+\.\d+$/) });
export const ErrorAnswer = z.strictObject({ error: z.string().min(1) });
