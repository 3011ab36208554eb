import type { GatewayError } from '#shared/errors.ts';
import type { MeasuredUsage } from './measured-usage.ts';
import type {
  ContentPiece,
  EmbeddingPiece,
  FinishReason,
  Piece,
  PieceReader,
  ReportedUsage,
  Timings,
  Usage,
} from './piece.ts';
import { type Produced, ProducedCount } from './produced.ts';

/** How an upstream's answer ended. `held` is what the caller may see only after the ledger has settled. */
export type Ending =
  | {
      kind: 'finished';
      held: string | Buffer;
      measured: MeasuredUsage;
      reason: string;
      /** We ended it, since no more was held; the upstream may still be at work. */
      isCut: boolean;
    }
  | { kind: 'failed'; error: GatewayError };

/** One answer on its way through us: an upstream's bytes in, a caller's bytes out. */
export interface Passage {
  /** What of this chunk may go to the caller now; empty when nothing may. */
  read(chunk: Buffer): string | Buffer;
  /** The upstream's bytes have ended. Sets `ending` at the latest. */
  end(): string | Buffer;
  /** Ends the answer here, finished by its length: a passage does so itself when more was made than was held. */
  cut(): void;
  /** True from the first piece of content on: from here no other upstream can be tried. */
  readonly begun: boolean;
  /** What has come so far; the same object all the time. */
  readonly produced: Produced;
  /** What the upstream has said of its usage; before the end of the answer it seldom has. */
  readonly reported: ReportedUsage | undefined;
  /** Set once; what comes after it is ignored. */
  readonly ending: Ending | undefined;
}

/** What a passage cannot know of itself: what its usage comes to, and the time. */
export interface Measuring {
  measure(reported: ReportedUsage | undefined, produced: Produced): MeasuredUsage;
  /** The output cap went upstream; whatever becomes of it there, no more pieces than this are passed on. */
  readonly mostPieces: number;
  /** What the prompt is taken for until the upstream says it. */
  readonly promptEstimate: number;
  /** In milliseconds, as `performance.now()` gives it. */
  now(): number;
}

/** How a surface writes an answer: chunk by chunk (`piece` gives the bytes) or gathered (`piece` gives an empty string). */
export interface AnswerWriter {
  piece(piece: ContentPiece): string;
  /** Only where embeddings are asked for. */
  embedding?(piece: EmbeddingPiece): void;
  ending(reason: FinishReason, usage: Usage, timings: Timings): string;
}

/** The passage between two protocols: pieces are read from the one and written in the other. */
export class TranslatedPassage implements Passage {
  readonly #reader: PieceReader;
  readonly #writer: AnswerWriter;
  readonly #measuring: Measuring;
  readonly produced: ProducedCount;
  reported: ReportedUsage | undefined;
  #timings: Timings = {};
  ending: Ending | undefined;

  constructor(reader: PieceReader, writer: AnswerWriter, measuring: Measuring) {
    this.#reader = reader;
    this.#writer = writer;
    this.#measuring = measuring;
    this.produced = new ProducedCount(measuring.now);
  }

  get begun(): boolean {
    return this.produced.pieces > 0;
  }

  read(chunk: Buffer): string {
    return this.ending ? '' : this.#write(this.#reader.read(chunk));
  }

  end(): string {
    return this.ending ? '' : this.#write(this.#reader.end());
  }

  cut(): void {
    this.ending ??= this.#finished('length', true);
  }

  #write(pieces: Piece[]): string {
    let out = '';
    for (const piece of pieces) {
      if (this.ending) break;
      switch (piece.type) {
        case 'usage':
          this.reported = piece.usage;
          this.#timings = piece.timings ?? {};
          break;
        case 'embedding':
          this.#writer.embedding?.(piece); // no output tokens, so nothing to count
          break;
        case 'finish':
          this.ending = this.#finished(piece.reason, false);
          break;
        case 'failure':
          this.ending = { kind: 'failed', error: piece.error };
          break;
        default:
          if (this.produced.pieces < this.#measuring.mostPieces) out += this.#writeContent(piece);
          else this.cut();
      }
    }
    return out;
  }

  #writeContent(piece: ContentPiece): string {
    if (piece.type === 'tool-call') this.produced.lump(piece.name.length + piece.arguments.length);
    else this.produced.piece(piece.text.length);
    return this.#writer.piece(piece);
  }

  #finished(reason: FinishReason, isCut: boolean): Ending {
    const measured = this.#measuring.measure(this.reported, this.produced);
    return {
      kind: 'finished',
      held: this.#writer.ending(reason, measured.usage, this.#timings),
      measured,
      reason,
      isCut,
    };
  }
}
