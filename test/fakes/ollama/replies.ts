import type { JsonObject } from './go-json.ts';
import type { Message } from './native-request.ts';

/** One step of a scripted answer. Text and thinking are one chunk and one token each. */
export type ReplyPiece =
  | { thinking: string }
  | { text: string }
  | { toolCall: { name: string; arguments: JsonObject; id?: string } }
  | { pauseMs: number }
  /** Goes on when the test says so: slots stay taken and nothing is sent meanwhile. */
  | { until: Promise<unknown> };

export interface Reply {
  /** May be lazy and endless: the next piece is taken only when the last one went out. */
  pieces: Iterable<ReplyPiece> | AsyncIterable<ReplyPiece>;
  /** llama-server hands tool calls over with the done object, the built-in parsers before it. */
  toolCallsOn?: 'own-chunk' | 'done-chunk';
  /** Text that comes with the done object itself. */
  textOnDone?: string;
  doneReason?: 'stop' | 'length';
  promptTokens?: number;
  outputTokens?: number;
  delayPerChunkMs?: number;
}

/** What the model gets to see: after conversion from `/v1`, and after early messages were cut. */
export interface ModelInput {
  model: string;
  messages: Message[];
  tools: JsonObject[];
  options: JsonObject;
  format: unknown;
  think: boolean | string;
  promptTokens: number;
}

export type ReplyScript = string | Reply | ((input: ModelInput) => string | Reply);

/** Says the text word by word; a character outside ASCII is a chunk of its own, as with real tokenisers. */
export const piecesOf = (text: string): ReplyPiece[] =>
  (text.match(/[^\x00-\x7f]|[\x00-\x20]*[\x21-\x7f]+|[\x00-\x20]+/gu) ?? []).map((part) => ({ text: part }));

/** For back-pressure: a reply that never ends of itself. */
export function* endlessly(text: string): Generator<ReplyPiece> {
  while (true) yield { text };
}

export function replyTo(script: ReplyScript, input: ModelInput): Reply {
  const reply = typeof script === 'function' ? script(input) : script;
  return typeof reply === 'string' ? { pieces: piecesOf(reply) } : reply;
}
