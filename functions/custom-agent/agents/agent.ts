import type { ContentPiece } from '#shared/protocol/piece.ts';
import type { Prompt } from '#shared/protocol/prompt.ts';

/** An agent in code: it reads a conversation and answers piece by piece. To callers it is a model. */
export interface Agent {
  description: string;
  answer(prompt: Prompt): AsyncIterable<ContentPiece>;
}
