import { charactersOfOneMorePiece } from './one-more-piece.ts';

/** What tells the stream of a chat and that of a plain completion apart. */
export interface ChunkForm {
  object: string;
  /** What a choice bears, in the words of a chat's delta. */
  contentOf(choice: { delta?: unknown; text?: unknown }): unknown;
  /** What stands in a choice that says no more than that it is finished. */
  nothing: object;
  /** As `charactersOfOneMorePiece`: undefined when the frame has to be parsed. */
  charactersAtAGlance(frame: Buffer): number | undefined;
}

/** How a stream was asked for; it is of chat, unless it says otherwise. */
export interface StreamWishes {
  streamUsage: boolean;
  choices: number;
  form?: ChunkForm;
}

export const CHAT_CHUNK: ChunkForm = {
  object: 'chat.completion.chunk',
  contentOf: ({ delta }) => delta,
  nothing: { delta: {} },
  charactersAtAGlance: charactersOfOneMorePiece,
};

export const COMPLETION_CHUNK: ChunkForm = {
  object: 'text_completion',
  contentOf: ({ text }) => ({ content: text }),
  nothing: { text: '' },
  charactersAtAGlance: () => undefined, // few call it, so each frame may be parsed
};
