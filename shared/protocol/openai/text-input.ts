import { GatewayError } from '#shared/errors.ts';
import type { PromptCount } from '../prompt-size.ts';

/** Texts, or lists of the ids of tokens: what `prompt` and `input` may hold. */
export type TextInput = { kind: 'texts'; texts: string[] } | { kind: 'tokens'; lists: number[][] };

/**
 * Reads a field that may hold a text, a list of texts, a list of token ids, or a list of such lists.
 *
 * No schema of zod's, since one tells all that is wrong with a list: of millions of numbers, millions of times.
 *
 * @throws GatewayError `invalid_request` naming the first place that is wrong.
 */
export function readTextInput(value: unknown, param: string): TextInput {
  if (typeof value === 'string') return { kind: 'texts', texts: [value] };
  if (!Array.isArray(value) || value.length === 0) {
    throw wrong(param, 'must be a text, or a list of texts that is not empty');
  }
  switch (typeof value[0]) {
    case 'string':
      return { kind: 'texts', texts: all(value, isText, param, 'must be a text') };
    case 'number':
      return { kind: 'tokens', lists: [all(value, isToken, param, TOKEN)] };
    default:
      return { kind: 'tokens', lists: value.map((list, index) => tokens(list, `${param}[${index}]`)) };
  }
}

export const countOf = (input: TextInput) =>
  input.kind === 'texts' ? input.texts.length : input.lists.length;

/** Adds an input to a size; each of its prompts bears the tokens that a model puts around it, as a message does. */
export function measureTextInput(input: TextInput, size: PromptCount): void {
  size.messages += countOf(input);
  if (input.kind === 'texts') for (const text of input.texts) size.text(text);
  else for (const { length } of input.lists) size.tokens(length);
}

function tokens(value: unknown, param: string): number[] {
  if (!Array.isArray(value)) throw wrong(param, 'must be a text, or a list of tokens');
  if (value.length === 0) throw wrong(param, 'must not be empty');
  return all(value, isToken, param, TOKEN);
}

function all<T>(list: unknown[], is: (value: unknown) => value is T, param: string, message: string): T[] {
  const at = list.findIndex((value) => !is(value));
  if (at >= 0) throw wrong(`${param}[${at}]`, message);
  return list as T[];
}

const TOKEN = 'must be the id of a token';
const isText = (value: unknown): value is string => typeof value === 'string';
const isToken = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const wrong = (param: string, message: string) =>
  new GatewayError('invalid_request', `${param}: ${message}.`, { param });
