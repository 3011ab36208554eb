/** How large a prompt is, as far as that can be told without the model's tokenizer. */
export interface PromptSize {
  /** No byte-level tokenizer makes more tokens of what is in the prompt, beside what its template adds. */
  readonly bytes: number;
  /** Characters (code points) of what a model is sure to read, by script. */
  readonly latin: number;
  readonly cjk: number;
  readonly other: number;
  readonly messages: number;
  readonly tools: number;
  readonly images: number;
}

/** Adds up a prompt's size. Of ASCII text it costs one look at memory, of other text a look at each character. */
export class PromptCount implements PromptSize {
  bytes = 0;
  latin = 0;
  cjk = 0;
  other = 0;
  messages = 0;
  tools = 0;
  images = 0;

  /** What a model reads as it stands. */
  text(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.bytes += bytes;
    if (bytes === text.length) this.latin += bytes;
    else this.#countScripts(text);
  }

  /** What a model reads, and some templates write as JSON: escaped, or spread over lines. */
  quoted(text: string): void {
    this.text(text);
    this.bytes += rewritingBytes(text);
  }

  /** What a model reads as JSON. */
  json(value: unknown): void {
    this.quoted(JSON.stringify(value));
  }

  /** What comes as the ids of tokens: which characters they stand for, nobody knows here. */
  tokens(count: number): void {
    this.bytes += count;
    this.other += count;
  }

  /** What a model might read at some upstream: it counts for the bound only. */
  perhaps(value: unknown): void {
    this.bytes += Buffer.byteLength(JSON.stringify(value));
  }

  #countScripts(text: string): void {
    let latin = 0;
    let cjk = 0;
    let lowSurrogates = 0;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (isLatin(unit)) latin += 1;
      else if (isCjk(unit)) cjk += 1;
      else if (isLowSurrogate(unit) && isHighSurrogate(text.charCodeAt(at - 1))) lowSurrogates += 1;
    }
    this.latin += latin;
    this.cjk += cjk;
    this.other += text.length - latin - cjk - lowSurrogates;
  }
}

/** ASCII, accented letters with Vietnam's, and the punctuation that goes with them. */
const isLatin = (unit: number) =>
  unit < 0x250 || (unit >= 0x1e00 && unit < 0x1f00) || (unit >= 0x2000 && unit < 0x2070);

/** Han, kana, Hangul, their punctuation and full-width forms; of Han beyond the basic plane the high surrogate. */
const isCjk = (unit: number) =>
  (unit >= 0x2e80 && unit < 0xa000) ||
  (unit >= 0xac00 && unit < 0xd800) ||
  (unit >= 0xd840 && unit < 0xd8c0) ||
  (unit >= 0xf900 && unit < 0xfb00) ||
  (unit >= 0xfe30 && unit < 0xfe50) ||
  (unit >= 0xff00 && unit < 0xfff0) ||
  (unit >= 0x1100 && unit < 0x1200) ||
  (unit >= 0xa960 && unit < 0xa980);

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

/**
 * The most that a text grows by when a template writes it as JSON: Python's `tojson` may write all that is not
 * ASCII as `\uXXXX`, it and Go's `json` do so with what HTML knows, and some indent.
 */
function rewritingBytes(text: string): number {
  let bytes = 2;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    bytes += unit < 0x80 ? GROWTH[unit]! : 4;
  }
  return bytes;
}

/** By ASCII character. A line's indentation counts as its line end and one token: no vocabulary lacks runs of blanks. */
const GROWTH = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  if ('"\\\n\r\t'.includes(character)) return 1;
  if (unit < 0x20 || unit === 0x7f || "<>&'".includes(character)) return 5;
  return '{}[],:'.includes(character) ? 2 : 0;
});
