import { GatewayError } from '#shared/errors.ts';
import type { ContentPiece } from '../piece.ts';
import { GatheredCalls } from './gathered-calls.ts';

/** Reads what the choice of an answer bears. It throws a GatewayError for what cannot be understood. */
export interface ChoiceReader {
  read(choice: Readonly<Record<string, unknown>>): ContentPiece[];
  /** What is complete only now. @param isCut the model had no tokens left. */
  end(isCut: boolean): ContentPiece[];
}

/** The choices of `/chat/completions`: deltas of a stream, or one whole message. */
export class ChatChoiceReader implements ChoiceReader {
  readonly #calls: GatheredCalls;

  /** @param callId makes the ids of tool calls unique where the service gives none. */
  constructor(callId: string) {
    this.#calls = new GatheredCalls(callId);
  }

  read({ delta, message }: Readonly<Record<string, unknown>>): ContentPiece[] {
    const said = delta ?? message ?? {};
    if (!isObject(said)) throw notUnderstood();
    const thinking = textOf(said.reasoning_content) || textOf(said.reasoning); // the two names say the same
    const text = textOf(said.content) + textOf(said.refusal);
    this.#calls.add(said.tool_calls);
    return [
      ...(thinking === '' ? [] : [{ type: 'thinking', text: thinking } as const]),
      ...(text === '' ? [] : [{ type: 'text', text } as const]),
    ];
  }

  end(isCut: boolean): ContentPiece[] {
    return this.#calls.take(isCut);
  }
}

/** The choices of `/completions`. */
export class CompletionChoiceReader implements ChoiceReader {
  read(choice: Readonly<Record<string, unknown>>): ContentPiece[] {
    const text = textOf(choice.text);
    return text === '' ? [] : [{ type: 'text', text }];
  }

  end(): ContentPiece[] {
    return [];
  }
}

/** Content in another form would be lost: better no answer than half of one. */
function textOf(value: unknown): string {
  if (value == null) return '';
  if (typeof value !== 'string') throw notUnderstood();
  return value;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const notUnderstood = () =>
  new GatewayError('upstream_error', 'The model sent an answer that cannot be understood.');
