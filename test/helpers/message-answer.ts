import { expect } from 'vitest';
import { MessageEvents } from '#shared/protocol/anthropic/message-events.ts';
import { MessageObject } from '#shared/protocol/anthropic/message-object.ts';
import type { ContentPiece, FinishReason, Usage } from '#shared/protocol/piece.ts';
import { Message } from '../schemas/anthropic.ts';

const identity = { id: 'ab12', createdAtSeconds: 1_700_000_000, model: '模型/"m":8b' };
const USAGE = { prompt: 10, output: 20 };

/** What an answer to a messages request is made of. */
export interface Answer {
  pieces?: ContentPiece[];
  reason?: FinishReason;
  usage?: Usage;
  omitThinking?: boolean;
}

/** Its events, taken for 7 tokens of prompt. */
export function streamed({
  pieces = [],
  reason = 'stop',
  usage = USAGE,
  omitThinking = false,
}: Answer): string {
  const writer = new MessageEvents(identity, { promptEstimate: 7, omitThinking });
  return pieces.map((piece) => writer.piece(piece)).join('') + writer.ending(reason, usage);
}

/** Itself, as the schema wants it. */
export function whole({ pieces = [], reason = 'stop', usage = USAGE, omitThinking = false }: Answer) {
  const writer = new MessageObject(identity, { omitThinking });
  for (const piece of pieces) expect(writer.piece(piece)).toBe('');
  return Message.parse(JSON.parse(writer.ending(reason, usage)));
}
