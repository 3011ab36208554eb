/** What we read of a line of `/api/chat` or `/api/generate`, beside what was said; metrics that are zero are absent. */
export interface AnswerLine {
  done?: boolean;
  done_reason?: unknown;
  load_duration?: unknown;
  prompt_eval_count?: unknown;
  prompt_eval_cached_count?: unknown;
  prompt_eval_duration?: unknown;
  eval_count?: unknown;
  eval_duration?: unknown;
  error?: unknown;
}

/** What a line says of the answer, wherever it stands there. */
export interface Said {
  text?: string | null | undefined;
  thinking?: string | null | undefined;
  toolCalls?: ToolCall[] | null | undefined;
}

export interface ToolCall {
  id?: unknown;
  function: { name: string; arguments?: unknown };
}

/** Undefined when it is no JSON, or no object. */
export function parseLine(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a line of `/api/chat` says; undefined when it is not formed like one. */
export function saidInChat({ message }: Record<string, unknown>): Said | undefined {
  if (message == null) return {};
  return isObject(message) ? said(message.content, message.thinking, message.tool_calls) : undefined;
}

/** What a line of `/api/generate` says; undefined when it is not formed like one. */
export const saidInGenerate = ({ response, thinking }: Record<string, unknown>): Said | undefined =>
  said(response, thinking, undefined);

/** By hand, since a schema would cost thrice the parsing, and that for each token. */
function said(text: unknown, thinking: unknown, toolCalls: unknown): Said | undefined {
  if (!isTextOrNone(text) || !isTextOrNone(thinking) || !areToolCallsOrNone(toolCalls)) return undefined;
  return { text, thinking, toolCalls };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextOrNone = (value: unknown): value is string | null | undefined =>
  value == null || typeof value === 'string';

const areToolCallsOrNone = (value: unknown): value is ToolCall[] | null | undefined =>
  value == null ||
  (Array.isArray(value) &&
    value.every(
      (call) => isObject(call) && isObject(call.function) && typeof call.function.name === 'string',
    ));
