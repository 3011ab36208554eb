import { LineSplitter } from '#shared/protocol/line-splitter.ts';
import { parseLine } from '#shared/protocol/ollama/answer-line.ts';
import { countOf } from '#shared/protocol/ollama/metrics.ts';

/** The last line of `/api/generate` may hold all its tokens as numbers; what is longer goes uncounted. */
const LINE_LIMIT_BYTES = 1024 * 1024;

export interface Measured {
  promptTokens: number | undefined;
  outputTokens: number | undefined;
  outputSeconds: number | undefined;
}

/** Looks on while an answer passes, and says what its end tells of tokens. */
export class AnswerMeter {
  readonly #splitter = new LineSplitter(LINE_LIMIT_BYTES);
  readonly #onMeasured: (measured: Measured) => void;

  constructor(onMeasured: (measured: Measured) => void) {
    this.#onMeasured = onMeasured;
  }

  read(chunk: Buffer): void {
    if (this.#splitter.isOverlong) return;
    for (const line of this.#splitter.split(chunk)) this.#look(line);
  }

  /** The answer is whole; one that is no stream may lack the newline at its end. */
  end(): void {
    if (!this.#splitter.isOverlong) this.#look(this.#splitter.rest);
  }

  #look(bytes: Buffer): void {
    // Numbers are in the last line alone; of the others not even the text is read.
    if (!bytes.includes('_count":')) return;
    const line = parseLine(bytes.toString('utf8'));
    if (line === undefined || line.done === false) return;
    const promptTokens = countOf(line.prompt_eval_count);
    const outputTokens = countOf(line.eval_count);
    const outputNs = countOf(line.eval_duration);
    if (promptTokens === undefined && outputTokens === undefined) return;
    this.#onMeasured({
      promptTokens,
      outputTokens,
      outputSeconds: outputNs === undefined ? undefined : outputNs / 1e9,
    });
  }
}
