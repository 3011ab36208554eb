import { GatewayError } from '#shared/errors.ts';
import { readJsonDocument } from '../json-document.ts';
import type { ContentPiece } from '../piece.ts';

const CHARACTERS_LIMIT = 8 * 1024 * 1024;
const CALLS_LIMIT = 10_000;
/** As of the arguments in a request: whoever writes them again must not go deeper than that. */
const ARGUMENTS_DEPTH_LIMIT = 64;

interface OpenCall {
  id: string;
  name: string;
  arguments: string;
}

/** Puts tool calls together, whose arguments come bit by bit and those of several calls in turns. */
export class GatheredCalls {
  readonly #callId: string;
  readonly #calls: OpenCall[] = [];
  /** The last one of each number: a million deltas must not look at a million calls. */
  readonly #byIndex = new Map<unknown, OpenCall>();
  #characters = 0;

  /** @param callId makes ids unique where the service gives none. */
  constructor(callId: string) {
    this.#callId = callId;
  }

  /** @param calls the `tool_calls` of a delta or of a message. @throws GatewayError when they are none, or too long. */
  add(calls: unknown): void {
    if (calls == null) return;
    if (!Array.isArray(calls)) throw failed('The model called a tool in a way that cannot be understood.');
    for (const call of calls) this.#addOne(isObject(call) ? call : {});
    if (this.#characters > CHARACTERS_LIMIT || this.#calls.length > CALLS_LIMIT)
      throw failed('The model called a tool with too much.');
  }

  /**
   * The calls, whole. The last one of an answer that was cut by its length is left out unless it is complete.
   *
   * @throws GatewayError when one has no name, or arguments that are no JSON object.
   */
  take(isCut: boolean): ContentPiece[] {
    const calls = isCut && !isComplete(this.#calls.at(-1)) ? this.#calls.slice(0, -1) : this.#calls;
    return calls.map((call, index) => {
      if (!isComplete(call)) throw failed('The model called a tool in a way that cannot be understood.');
      const id = call.id === '' ? `call_${this.#callId}_${index}` : call.id;
      return { type: 'tool-call', index, id, name: call.name, arguments: argumentsText(call) };
    });
  }

  #addOne({ index, id, function: part }: Record<string, unknown>): void {
    const { name, arguments: args } = isObject(part) ? part : {};
    const call = this.#callOf(index, textOf(id), textOf(name));
    // Some say id and name again with each part of the arguments.
    call.id ||= textOf(id);
    call.name ||= textOf(name);
    const text = isObject(args) ? JSON.stringify(args) : textOf(args);
    call.arguments += text;
    this.#characters += text.length + textOf(name).length;
  }

  /** Some number no call, and some give each the number 0: then a new id and a name begin a new one. */
  #callOf(index: unknown, id: string, name: string): OpenCall {
    const known = index == null ? this.#calls.at(-1) : this.#byIndex.get(index);
    const isNew = index == null ? id !== '' || name !== '' : id !== '' && name !== '' && id !== known?.id;
    if (known && !(isNew && known.name !== '')) return known;
    const call = { id, name, arguments: '' };
    this.#calls.push(call);
    this.#byIndex.set(index, call);
    return call;
  }
}

const argumentsText = (call: OpenCall) => (call.arguments.trim() === '' ? '{}' : call.arguments);

function isComplete(call: OpenCall | undefined): boolean {
  if (!call || call.name === '') return false;
  try {
    readJsonDocument(Buffer.from(argumentsText(call)), ARGUMENTS_DEPTH_LIMIT);
    return true;
  } catch {
    return false; // that it is none is all there is to know
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
const failed = (message: string) => new GatewayError('model_error', message);
