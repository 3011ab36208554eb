import { failures, OllamaError } from './errors.ts';
import { checkFields, isObject, type JsonObject, readGoJson } from './go-json.ts';
import { readKeepAliveMs } from './keep-alive.ts';

export interface Message {
  role: string;
  content: string;
  thinking?: string;
  images?: string[];
  tool_calls?: JsonObject[];
  tool_name?: string;
  tool_call_id?: string;
}

/** A chat or generate request: the latter's prompt is one message here. */
export interface InferenceRequest {
  model: string;
  messages: Message[];
  stream: boolean;
  tools: JsonObject[];
  options: JsonObject;
  format: unknown;
  keepAliveMs: number | undefined;
  think: boolean | string | undefined;
  truncate: boolean;
  shift: boolean;
}

const COMMON = { model: 'string', stream: 'bool', options: 'map', truncate: 'bool', shift: 'bool' } as const;

export function readChatRequest(bodyText: string): InferenceRequest {
  const body = readGoJson(bodyText, 'api.ChatRequest', failures.missingBody());
  checkFields(body, 'ChatRequest', { ...COMMON, messages: 'list', tools: 'list' });
  return { ...readCommon(body), messages: ((body.messages ?? []) as unknown[]).map(readMessage) };
}

export interface GenerateRequest extends InferenceRequest {
  suffix: string;
  raw: boolean;
}

export function readGenerateRequest(bodyText: string): GenerateRequest {
  const body = readGoJson(bodyText, 'api.GenerateRequest', failures.missingBody());
  const strings = { prompt: 'string', suffix: 'string', system: 'string', template: 'string' } as const;
  checkFields(body, 'GenerateRequest', {
    ...COMMON,
    ...strings,
    raw: 'bool',
    context: 'list',
    images: 'list',
  });
  const raw = body.raw === true;
  if (raw && (body.template || body.system || body.context)) throw failures.rawWithTemplate();
  const prompt = String(body.prompt ?? '');
  const images = (body.images ?? []) as string[];
  const system = String(body.system ?? '');
  const messages: Message[] = prompt === '' ? [] : [{ role: 'user', content: prompt, images }];
  if (system !== '' && prompt !== '') messages.unshift({ role: 'system', content: system });
  return { ...readCommon(body), messages, suffix: String(body.suffix ?? ''), raw };
}

function readCommon(body: JsonObject): InferenceRequest {
  return {
    model: String(body.model ?? ''),
    messages: [],
    stream: body.stream !== false,
    tools: (body.tools ?? []) as JsonObject[],
    options: (body.options ?? {}) as JsonObject,
    format: body.format,
    keepAliveMs: readKeepAliveMs(body.keep_alive),
    think: readThink(body.think),
    truncate: body.truncate !== false,
    shift: body.shift !== false,
  };
}

function readMessage(value: unknown): Message {
  if (!isObject(value)) {
    throw new OllamaError(
      400,
      'json: cannot unmarshal into Go struct field ChatRequest.messages of type api.Message',
    );
  }
  checkFields(value, 'ChatRequest.messages', { role: 'string', content: 'string', tool_calls: 'list' });
  return {
    ...value,
    role: String(value.role ?? '').toLowerCase(),
    content: String(value.content ?? ''),
  };
}

function readThink(value: unknown): boolean | string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && ['high', 'medium', 'low', 'max'].includes(value)) return value;
  throw failures.badThink(value);
}
