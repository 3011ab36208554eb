/** What we read of a line of `/api/chat`; metrics that are zero are absent. */
export interface ChatLine {
  message?: { content?: string | null; thinking?: string | null; tool_calls?: ToolCall[] | null } | null;
  done?: boolean;
  done_reason?: unknown;
  prompt_eval_count?: unknown;
  prompt_eval_cached_count?: unknown;
  eval_count?: unknown;
  error?: unknown;
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

/** By hand, since a schema would cost thrice the parsing, and that for each token. */
export function isChatLine(
  line: Record<string, unknown> | undefined,
): line is ChatLine & Record<string, unknown> {
  if (!line) return false;
  const message = line.message ?? {};
  if (!isObject(message)) return false;
  const { content, thinking, tool_calls: calls } = message;
  return isTextOrNone(content) && isTextOrNone(thinking) && areToolCallsOrNone(calls);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextOrNone = (value: unknown) => value == null || typeof value === 'string';

const areToolCallsOrNone = (value: unknown) =>
  value == null ||
  (Array.isArray(value) &&
    value.every(
      (call) => isObject(call) && isObject(call.function) && typeof call.function.name === 'string',
    ));
