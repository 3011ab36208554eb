import type { Readable } from 'node:stream';
import type { Log } from '#shared/log.ts';
import { LineSplitter } from '#shared/protocol/line-splitter.ts';

const LINE_LIMIT_BYTES = 64 * 1024;
const SHOWN_CHARACTERS = 2_000;
const MOST_LINES = 200;
const WINDOW_MS = 10_000;

/** What requests came: our own log has that, and each probe would be a line. */
const ACCESS_LINE = /^\[GIN\]/;

/** Fields whose values may be what a caller or a model said, such as `raw='…'` of a tool call that could not be read. */
const SAYINGS = /\b(prompt|content|messages?|input|request|response|body|raw|text)=.*/s;

/** Ollama's own words in our log, a line for a line: neither too long, nor too many, nor anybody's prompt. */
export class LogLines {
  readonly #log: Log;
  #windowEndsAtMs = 0;
  #written = 0;
  #left = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  read(stream: Readable): void {
    let splitter = new LineSplitter(LINE_LIMIT_BYTES);
    stream.on('error', () => {}); // its end is told by the process
    stream.on('data', (chunk: Buffer) => {
      for (const line of splitter.split(chunk)) this.write(line.toString('utf8'));
      // The rest of such a line comes as one of its own; what counts is that nothing piles up.
      if (splitter.isOverlong) splitter = new LineSplitter(LINE_LIMIT_BYTES);
    });
    stream.once('end', () => {
      const last = splitter.rest.toString('utf8');
      if (last !== '') this.write(last);
    });
  }

  write(line: string, nowMs = Date.now()): void {
    const shown = line.trimEnd();
    if (shown === '' || ACCESS_LINE.test(shown)) return;
    if (nowMs >= this.#windowEndsAtMs) this.#openWindow(nowMs);
    this.#written += 1;
    if (this.#written > MOST_LINES) this.#left += 1;
    else this.#log.info('ollama', { line: shown.replace(SAYINGS, '$1=…').slice(0, SHOWN_CHARACTERS) });
  }

  #openWindow(nowMs: number): void {
    if (this.#left > 0) this.#log.info('ollama', { linesLeftOut: this.#left });
    this.#windowEndsAtMs = nowMs + WINDOW_MS;
    this.#written = 0;
    this.#left = 0;
  }
}
