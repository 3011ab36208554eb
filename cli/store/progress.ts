import process from 'node:process';
import { SingleBar } from 'cli-progress';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import { showBytes, showSeconds } from './measures.ts';
import { Pace } from './pace.ts';

/** Tells how far a job is, while it is. */
export interface Progress {
  show(job: ModelJob): void;
  /** No more will be shown. */
  end(): void;
}

/** A bar where a person looks, lines where none does; for a program a state a line, but the last, which is the answer. */
export function progressFor(asJson: boolean): Progress {
  if (asJson) return new StateLines();
  return process.stderr.isTTY ? new Bar() : new PlainLines((line) => process.stderr.write(`${line}\n`));
}

class StateLines implements Progress {
  #held: string | undefined;

  show(job: ModelJob): void {
    if (this.#held !== undefined) process.stdout.write(this.#held);
    this.#held = `${JSON.stringify({ pull: job })}\n`;
  }

  end(): void {}
}

/** A line at each change of what is done, and at each tenth of the bytes. */
class PlainLines implements Progress {
  readonly #write: (line: string) => void;
  #told = '';

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  show({ state }: ModelJob): void {
    const line = lineOf(state);
    if (line === undefined || line === this.#told) return;
    this.#told = line;
    this.#write(line);
  }

  end(): void {}
}

function lineOf(state: ModelJob['state']): string | undefined {
  if (state.status === 'queued') return 'waiting for its turn';
  if (state.status === 'interrupted') return 'interrupted, to go on';
  if (state.status !== 'running') return undefined;
  const { phase, completedBytes, totalBytes } = state;
  if (phase !== 'pulling' || totalBytes === 0) return phase ?? 'beginning';
  const tenth = Math.floor((completedBytes * 10) / totalBytes) * 10;
  return `${phase} ${tenth} % of ${showBytes(totalBytes)}`;
}

const FORMAT = '{words} {bar} {percentage} %  {amount}  {speed}  {left}';

class Bar implements Progress {
  readonly #bar = new SingleBar({ format: FORMAT, hideCursor: true, barsize: 24, stream: process.stderr });
  readonly #pace = new Pace();
  #isShown = false;

  show({ state }: ModelJob): void {
    if (state.status === 'queued') return;
    const { completedBytes, totalBytes, phase } = state;
    this.#pace.note(completedBytes, performance.now());
    const words = (state.status === 'interrupted' ? 'interrupted' : (phase ?? 'beginning')).padEnd(24);
    const payload = { words, ...this.#wordsOf(completedBytes, totalBytes) };
    if (!this.#isShown) this.#bar.start(Math.max(totalBytes, 1), completedBytes, payload);
    this.#isShown = true;
    this.#bar.setTotal(Math.max(totalBytes, 1));
    this.#bar.update(completedBytes, payload);
  }

  end(): void {
    if (this.#isShown) this.#bar.stop();
  }

  #wordsOf(completedBytes: number, totalBytes: number) {
    const speed = this.#pace.bytesPerSecond;
    const left = this.#pace.secondsLeft(totalBytes);
    return {
      amount: `${showBytes(completedBytes)} of ${showBytes(totalBytes)}`,
      speed: speed === undefined ? '' : `${showBytes(Math.round(speed))}/s`,
      left: left === undefined || completedBytes >= totalBytes ? '' : `${showSeconds(left)} left`,
    };
  }
}
