import { type ChildProcess, spawn } from 'node:child_process';
import type { LogLines } from './log-lines.ts';

export interface StartOptions {
  command: readonly [string, ...string[]];
  environment: Record<string, string>;
  lines: LogLines;
  stopTimeoutMs: number;
}

/**
 * A program with all that it starts: a group of its own, so that the runners of an Ollama that was killed do not keep
 * the card's memory for ever.
 */
export class ProcessGroup {
  /** Resolves, with what is to be said of it, when the program itself has ended or could not be started. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #stopTimeoutMs: number;
  #stopping: Promise<void> | undefined;

  constructor({ command: [program, ...args], environment, lines, stopTimeoutMs }: StartOptions) {
    this.#stopTimeoutMs = stopTimeoutMs;
    const child = spawn(program, args, {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // makes the group
    });
    this.#child = child;
    lines.read(child.stdout);
    lines.read(child.stderr);
    this.ended = new Promise((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => resolve(`could not be started: ${error.code}`));
      child.once('exit', (code, signal) =>
        resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`),
      );
    });
    // However this process ends, short of being killed, the group ends with it.
    process.once('exit', this.#kill);
  }

  /** Asks the group to end, and kills what is left of it after the bound. Resolves when the program has gone. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#signal('SIGTERM');
    const timer = setTimeout(this.#kill, this.#stopTimeoutMs);
    await this.ended;
    clearTimeout(timer);
    this.#kill(); // the others of the group, whose program has gone before them
    process.removeListener('exit', this.#kill);
  }

  readonly #kill = (): void => this.#signal('SIGKILL');

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // else nobody is left
    }
  }
}
