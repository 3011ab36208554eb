import { failures, OllamaError } from './errors.ts';
import { checkFields, isObject, type JsonObject, readGoJson } from './go-json.ts';
import type { InferenceRequest, Message } from './native-request.ts';

export interface OpenAiRequest extends InferenceRequest {
  includesUsage: boolean;
}

/** Reads what Ollama reads of a chat completion; the rest (`max_completion_tokens`, `n`, …) it does not see. */
export function readOpenAiChat(bodyText: string): OpenAiRequest {
  const body = readGoJson(bodyText, 'openai.ChatCompletionRequest', new OllamaError(400, 'EOF'));
  checkFields(body, 'ChatCompletionRequest', { ...FIELDS, messages: 'list', tools: 'list' });
  const messages = (body.messages ?? []) as JsonObject[];
  if (messages.length === 0) throw new OllamaError(400, "[] is too short - 'messages'");
  const request = readShared(body, messages.flatMap(readMessage));
  if (request.model === '') throw failures.modelRequired();
  return { ...request, tools: (body.tools ?? []) as JsonObject[], think: readEffort(body) };
}

export function readOpenAiCompletion(bodyText: string): OpenAiRequest {
  const body = readGoJson(bodyText, 'openai.CompletionRequest', new OllamaError(400, 'EOF'));
  checkFields(body, 'CompletionRequest', { ...FIELDS, prompt: 'string', suffix: 'string' });
  const prompt = String(body.prompt ?? '');
  return readShared(body, prompt === '' ? [] : [{ role: 'user', content: prompt }]);
}

const FIELDS = { model: 'string', stream: 'bool', max_tokens: 'int', stream_options: 'map' } as const;

function readShared(body: JsonObject, messages: Message[]): OpenAiRequest {
  const streamOptions = (body.stream_options ?? {}) as JsonObject;
  return {
    model: String(body.model ?? ''),
    messages,
    stream: body.stream === true,
    includesUsage: streamOptions.include_usage === true,
    tools: [],
    options: readOptions(body),
    format: readFormat(body.response_format),
    keepAliveMs: undefined,
    think: undefined,
    truncate: true,
    shift: true,
  };
}

/** Unlike the native API this one sets temperature and top_p when they are absent. */
function readOptions(body: JsonObject): JsonObject {
  const { stop, max_tokens, seed, temperature, top_p, frequency_penalty, presence_penalty } = body;
  const options: JsonObject = {
    stop: typeof stop === 'string' ? [stop] : stop,
    num_predict: max_tokens,
    seed,
    temperature: temperature ?? 1,
    top_p: top_p ?? 1,
    frequency_penalty,
    presence_penalty,
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
  );
}

function readFormat(format: unknown): unknown {
  if (!isObject(format)) return undefined;
  if (format.type === 'json_object') return 'json';
  return isObject(format.json_schema) ? format.json_schema.schema : undefined;
}

const EFFORTS: Record<string, string | false> = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  max: 'max',
  xhigh: 'max',
  ultra: 'max',
};

function readEffort(body: JsonObject): boolean | string | undefined {
  const reasoning = isObject(body.reasoning) ? body.reasoning.effort : undefined;
  const effort = reasoning ?? body.reasoning_effort;
  if (effort === undefined || effort === null || effort === '') return undefined;
  const think = EFFORTS[String(effort)];
  if (think !== undefined) return think;
  throw new OllamaError(
    400,
    `invalid reasoning value: '${effort}' (must be "high", "medium", "low", "max", or "none")`,
  );
}

/** One native message for each part: text and images come apart. */
function readMessage(message: JsonObject): Message[] {
  const role = String(message.role ?? '').toLowerCase();
  const { content, reasoning } = message;
  const toolCalls = ((message.tool_calls ?? []) as JsonObject[]).map(readToolCall);
  const extras = {
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    ...(typeof reasoning === 'string' && { thinking: reasoning }),
  };
  if (typeof content === 'string') return [{ role, content, ...extras }];
  if (!Array.isArray(content)) {
    if (toolCalls.length > 0) return [{ role, content: '', ...extras }];
    throw new OllamaError(400, `invalid message content type: ${content == null ? '<nil>' : typeof content}`);
  }
  const parts: Message[] = content.map((part: unknown) => readPart(role, part));
  return parts.map((part, index) => (index === parts.length - 1 ? { ...part, ...extras } : part));
}

function readPart(role: string, part: unknown): Message {
  if (!isObject(part)) throw new OllamaError(400, 'invalid message format');
  if (part.type === 'text' && typeof part.text === 'string') return { role, content: part.text };
  if (part.type !== 'image_url') throw new OllamaError(400, 'invalid message format');
  const image = part.image_url;
  return { role, content: '', images: [readImage(isObject(image) ? image.url : image)] };
}

function readImage(url: unknown): string {
  if (typeof url !== 'string') throw new OllamaError(400, 'invalid message format');
  if (/^https?:/.test(url)) {
    throw new OllamaError(
      400,
      'image URLs are not currently supported, please use base64 encoded data instead',
    );
  }
  const base64 = /^data:(?:image\/(?:jpeg|jpg|png|webp))?;base64,(?<data>[A-Za-z0-9+/]*=*)$/.exec(url)?.groups
    ?.data;
  if (base64 === undefined) throw new OllamaError(400, 'invalid image input');
  return base64;
}

function readToolCall(call: JsonObject): JsonObject {
  const called = (call.function ?? {}) as JsonObject;
  try {
    const args: unknown = JSON.parse(String(called.arguments));
    if (isObject(args)) return { function: { name: called.name, arguments: args } };
  } catch {
    // Not JSON is refused in the same words as JSON that is no object.
  }
  throw new OllamaError(400, 'invalid tool call arguments');
}
