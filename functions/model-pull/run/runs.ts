import type { ModelJob } from '#shared/model-jobs/job.ts';

interface Run {
  done: Promise<ModelJob>;
  /** Whoever wants it to go on; without any, it ends. */
  wanted: number;
  end(cause: 'left' | 'given back'): void;
}

/** Starts the work at a job. `end` may be called at any time, and more than once. */
export type StartRun = (id: string) => Pick<Run, 'done' | 'end'>;

/** The jobs that this process works at, each once, however many have asked for it. */
export class Runs {
  readonly #start: StartRun;
  readonly #runs = new Map<string, Run>();

  constructor(start: StartRun) {
    this.#start = start;
  }

  /**
   * Has a job worked at, until it is over or the last of those who want it has left: Ollama, too, pulls for as long as
   * somebody waits. @returns the job as it is then.
   */
  async want(id: string, left: AbortSignal): Promise<ModelJob> {
    left.throwIfAborted();
    let run = this.#runs.get(id);
    while (run?.wanted === 0) {
      await run.done.catch(() => {}); // all had left, so it is ending
      run = this.#runs.get(id);
      left.throwIfAborted();
    }
    run ??= this.#begin(id);
    run.wanted += 1;
    const leave = () => {
      run.wanted -= 1;
      if (run.wanted === 0) run.end('left');
    };
    left.addEventListener('abort', leave, { once: true });
    try {
      return await run.done;
    } finally {
      left.removeEventListener('abort', leave);
    }
  }

  /** Gives back what is being worked at, so that others can go on at once. */
  async giveBack(): Promise<void> {
    const runs = [...this.#runs.values()];
    for (const run of runs) run.end('given back');
    await Promise.allSettled(runs.map(({ done }) => done));
  }

  #begin(id: string): Run {
    const run = { ...this.#start(id), wanted: 0 };
    this.#runs.set(id, run);
    const forget = () => {
      if (this.#runs.get(id) === run) this.#runs.delete(id);
    };
    run.done.then(forget, forget);
    return run;
  }
}
