import type { GatewayError } from '#shared/errors.ts';
import type { AnswerIdentity } from '../answer-identity.ts';
import type { ContentPiece, FinishReason, Usage } from '../piece.ts';
import { errorObject } from './error-object.ts';
import { finishReason, usageObject } from './usage.ts';

const DONE = 'data: [DONE]\n\n';

/** A comment line with a single newline: a blank line after it would dispatch an empty event in some SDKs. */
export const KEEP_ALIVE = ': keep-alive\n';

/** An error inside a stream that has begun, and the proper end of that stream. */
export const failedStream = (error: GatewayError) => `data: ${JSON.stringify(errorObject(error))}\n\n${DONE}`;

/**
 * Writes an answer as `chat.completion.chunk` events.
 *
 * What all chunks share is serialised once, so that a chunk costs one `JSON.stringify` of its text. A
 * chunk never carries text and thinking together: LobeChat would lose the text.
 */
export class ChatChunks {
  readonly #head: string;
  readonly #tail: string;
  readonly #streamUsage: boolean;
  #role = '"role":"assistant",';

  constructor({ id, createdAtSeconds, model }: AnswerIdentity, streamUsage: boolean) {
    const shared = `"id":"chatcmpl-${id}","object":"chat.completion.chunk","created":${createdAtSeconds},"model":${JSON.stringify(model)}`;
    this.#head = `data: {${shared},`;
    this.#tail = streamUsage ? ',"usage":null}\n\n' : '}\n\n';
    this.#streamUsage = streamUsage;
  }

  piece(piece: ContentPiece): string {
    const role = this.#role;
    this.#role = '';
    return this.#chunk(`{${role}${deltaOf(piece)}}`, 'null');
  }

  /** The finish chunk, the usage chunk if it was asked for, and `[DONE]`. */
  ending(reason: FinishReason, usage: Usage): string {
    const delta = this.#role === '' ? '{}' : '{"role":"assistant","content":""}';
    const finish = this.#chunk(delta, `"${finishReason(reason)}"`);
    if (!this.#streamUsage) return finish + DONE;
    return `${finish}${this.#head}"choices":[],"usage":${JSON.stringify(usageObject(usage))}}\n\n${DONE}`;
  }

  #chunk(delta: string, finish: string): string {
    return `${this.#head}"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]${this.#tail}`;
  }
}

function deltaOf(piece: ContentPiece): string {
  switch (piece.type) {
    case 'text':
      return `"content":${JSON.stringify(piece.text)}`;
    case 'thinking': {
      // Both names: most clients read `reasoning_content`, Ollama's own read `reasoning`.
      const text = JSON.stringify(piece.text);
      return `"reasoning_content":${text},"reasoning":${text}`;
    }
    case 'tool-call':
      return `"tool_calls":${JSON.stringify([{ index: piece.index, ...toolCallObject(piece) }])}`;
  }
}

export const toolCallObject = (piece: Extract<ContentPiece, { type: 'tool-call' }>) => ({
  id: piece.id,
  type: 'function',
  function: { name: piece.name, arguments: piece.arguments },
});
