import { OllamaError } from './errors.ts';

export type JsonObject = Record<string, unknown>;

/** JSON as Go writes it: `<`, `>`, `&` and the two line separators come escaped, other non-ASCII does not. */
export const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Reads a body as Go's decoder would; its complaints are Go's (the rarer ones only in kind). */
export function readGoJson(text: string, goType: string, onEmpty: OllamaError): JsonObject {
  if (text.trim() === '') throw onEmpty;
  const value = parse(text);
  if (isObject(value)) return value;
  throw new OllamaError(400, `json: cannot unmarshal ${kindOf(value)} into Go value of type ${goType}`);
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export type GoType = 'string' | 'bool' | 'int' | 'map' | 'list';

/** Refuses a field of another kind than the Go struct has; null and absence are Go's zero value. */
export function checkFields(body: JsonObject, struct: string, fields: Record<string, GoType>): void {
  for (const [field, type] of Object.entries(fields)) {
    const value = body[field];
    if (value === undefined || value === null || JSON_KIND[type] === kindOf(value)) continue;
    throw new OllamaError(
      400,
      `json: cannot unmarshal ${kindOf(value)} into Go struct field ${struct}.${field} of type ${GO_NAME[type]}`,
    );
  }
}

const JSON_KIND: Record<GoType, string> = {
  string: 'string',
  bool: 'bool',
  int: 'number',
  map: 'object',
  list: 'array',
};
const GO_NAME: Record<GoType, string> = {
  string: 'string',
  bool: 'bool',
  int: 'int',
  map: 'map[string]interface {}',
  list: '[]interface {}',
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    const unexpected = /^Unexpected token '(.+?)'/s.exec(said)?.[1];
    if (!unexpected) throw new OllamaError(400, 'unexpected EOF');
    throw new OllamaError(400, `invalid character '${unexpected}' looking for beginning of value`);
  }
}
