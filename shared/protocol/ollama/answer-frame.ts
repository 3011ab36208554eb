import type { AnswerIdentity } from '../answer-identity.ts';
import type { FinishReason, Timings, Usage } from '../piece.ts';

interface Beginning {
  /** The name that was asked for: Ollama says it again, whatever the model is called. */
  model: string;
  /** When the request was read, in milliseconds of the clock that `now` gives. */
  startedAtMs: number;
}

/** What stands in every line of an answer, around its words. */
export class AnswerFrame {
  readonly #head: string;
  readonly #startedAtMs: number;
  readonly #now: () => number;
  /** From the clock's time to the time of day. */
  readonly #epochMs: number;

  constructor({ model, startedAtMs }: Beginning, { createdAtSeconds }: AnswerIdentity, now: () => number) {
    this.#head = `{"model":${JSON.stringify(model)},"created_at":"`;
    this.#startedAtMs = startedAtMs;
    this.#now = now;
    this.#epochMs = createdAtSeconds * 1000 - now();
  }

  /** A line with these fields, after which more will follow. */
  line(fields: string): string {
    return `${this.#head}${timeOf(this.#epochMs + this.#now())}",${fields},"done":false}`;
  }

  /** The line that ends the answer. */
  lastLine(fields: string, reason: FinishReason, usage: Usage, timings: Timings): string {
    const now = this.#now();
    const ending = JSON.stringify({
      done: true,
      done_reason: REASONS[reason],
      total_duration: this.totalNs(),
      ...(timings.load !== undefined && { load_duration: timings.load }),
      prompt_eval_count: usage.prompt,
      ...(timings.prompt !== undefined && { prompt_eval_duration: timings.prompt }),
      eval_count: usage.output,
      ...(timings.output !== undefined && { eval_duration: timings.output }),
    });
    return `${this.#head}${timeOf(this.#epochMs + now)}",${fields},${ending.slice(1)}`;
  }

  /** Of all that it took so far, by our clock; Ollama's own would leave out what happened before it was asked. */
  totalNs(): number {
    return durationNs(this.#startedAtMs, this.#now());
  }
}

/** At least 1: clients divide by it. */
export const durationNs = (fromMs: number, toMs: number) => Math.max(1, Math.round((toMs - fromMs) * 1e6));

/** RFC 3339 with nanoseconds, as Go writes it. */
export function timeOf(epochMs: number): string {
  const nanoseconds = String(Math.floor((epochMs % 1) * 1e6)).padStart(6, '0');
  return `${new Date(epochMs).toISOString().slice(0, -1)}${nanoseconds}Z`;
}

/** Ollama says `stop` after tool calls too. It has no word for an answer that a filter ended. */
const REASONS = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'stop',
  'content-filter': 'content_filter',
} as const satisfies Record<FinishReason, string>;
