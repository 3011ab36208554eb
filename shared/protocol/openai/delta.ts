/** A part of a message, or a whole one; of an upstream nothing is sure. */
interface Delta {
  content?: unknown;
  refusal?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  tool_calls?: unknown;
  function_call?: unknown;
}

interface FunctionPart {
  name?: unknown;
  arguments?: unknown;
}

/** A role alone, an empty string or an empty list is no content yet. */
export const hasContent = (delta: unknown): delta is Delta =>
  typeof delta === 'object' &&
  delta !== null &&
  Object.entries(delta).some(
    ([key, value]) => key !== 'role' && value != null && value !== '' && !isEmptyList(value),
  );

/** Of text, thinking (once, though it be told under two names), and the names and arguments of tool calls. */
export function charactersOf(delta: Delta): number {
  const thinking = Math.max(lengthOf(delta.reasoning_content), lengthOf(delta.reasoning));
  const calls = functionsOf(delta).reduce(
    (sum, part) => sum + lengthOf(part.name) + lengthOf(part.arguments),
    0,
  );
  return lengthOf(delta.content) + lengthOf(delta.refusal) + thinking + calls;
}

/** A tool call that comes with its name and its arguments at once is whole, as Ollama's are; others bring the arguments bit by bit. */
export const isLump = (delta: Delta) =>
  functionsOf(delta).some((part) => lengthOf(part.name) > 0 && lengthOf(part.arguments) > 0);

function functionsOf({ tool_calls: calls, function_call: legacy }: Delta): FunctionPart[] {
  const list: unknown[] = Array.isArray(calls)
    ? calls.map((call) => (isObject(call) ? call.function : null))
    : [];
  return [...list, legacy].filter(isObject);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const lengthOf = (value: unknown) => (typeof value === 'string' ? value.length : 0);
const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
