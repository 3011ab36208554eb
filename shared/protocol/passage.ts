import type { GatewayError } from '#shared/errors.ts';
import type { ContentPiece, FinishReason, Piece, PieceReader, Usage } from './piece.ts';

/** How an upstream's answer ended. `held` is what the caller may see only after the ledger has settled. */
export type Ending =
  | { kind: 'finished'; held: string | Buffer; usage: Usage | undefined; reason: string }
  | { kind: 'failed'; error: GatewayError };

/** One answer on its way through us: an upstream's bytes in, a caller's bytes out. */
export interface Passage {
  /** What of this chunk may go to the caller now; empty when nothing may. */
  read(chunk: Buffer): string | Buffer;
  /** The upstream's bytes have ended. Sets `ending` at the latest. */
  end(): string | Buffer;
  /** True from the first piece of content on: from here no other upstream can be tried. */
  readonly begun: boolean;
  /** Set once; what comes after it is ignored. */
  readonly ending: Ending | undefined;
}

/** How a surface writes an answer: chunk by chunk (`piece` gives the bytes) or gathered (`piece` gives an empty string). */
interface AnswerWriter {
  piece(piece: ContentPiece): string;
  ending(reason: FinishReason, usage: Usage | undefined): string;
}

/** The passage between two protocols: pieces are read from the one and written in the other. */
export class TranslatedPassage implements Passage {
  readonly #reader: PieceReader;
  readonly #writer: AnswerWriter;
  #usage: Usage | undefined;
  begun = false;
  ending: Ending | undefined;

  constructor(reader: PieceReader, writer: AnswerWriter) {
    this.#reader = reader;
    this.#writer = writer;
  }

  read(chunk: Buffer): string {
    return this.#write(this.#reader.read(chunk));
  }

  end(): string {
    return this.ending ? '' : this.#write(this.#reader.end());
  }

  #write(pieces: Piece[]): string {
    let out = '';
    for (const piece of pieces) {
      if (this.ending) break;
      switch (piece.type) {
        case 'usage':
          this.#usage = piece.usage;
          break;
        case 'finish':
          this.ending = this.#finished(piece.reason);
          break;
        case 'failure':
          this.ending = { kind: 'failed', error: piece.error };
          break;
        default:
          this.begun = true;
          out += this.#writer.piece(piece);
      }
    }
    return out;
  }

  #finished(reason: FinishReason): Ending {
    const held = this.#writer.ending(reason, this.#usage);
    return { kind: 'finished', held, usage: this.#usage, reason };
  }
}
