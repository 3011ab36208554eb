/** What an upstream has made of an answer so far, by our own count. */
export interface Produced {
  /** Pieces of content of all choices: about one token each. */
  readonly pieces: number;
  /** Characters (UTF-16 units) of text, thinking, and the names and arguments of tool calls. */
  readonly characters: number;
  /** Those of the pieces that came whole although they are many tokens. */
  readonly lumps: number;
  /** When the first piece came, by the clock of `performance.now()`. */
  readonly firstAtMs: number | undefined;
}

/** Counts pieces as they come. */
export class ProducedCount implements Produced {
  readonly #now: () => number;
  pieces = 0;
  characters = 0;
  lumps = 0;
  firstAtMs: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  piece(characters: number): void {
    this.firstAtMs ??= this.#now();
    this.pieces += 1;
    this.characters += characters;
  }

  lump(characters: number): void {
    this.piece(characters);
    this.lumps += 1;
  }
}
