import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eachLine } from './lines.ts';
import type { LocalCommand } from './local-command.ts';
import { guardGroup } from './orphan-guard.ts';

export type LogStream = 'stdout' | 'stderr';

/** One operating system process (and whatever it starts itself) that answers for an instance. */
export class InstanceProcess {
  /** How it ended, once it has. */
  exitReason: string | undefined;
  /** Resolves when the process has ended. Never rejects. */
  readonly exited: Promise<void>;
  /** Resolves when, besides, its last line has been handed over. Never rejects. */
  readonly ended: Promise<void>;
  readonly lastLines: string[] = [];
  readonly #child: ChildProcess;

  constructor(
    command: LocalCommand,
    environment: NodeJS.ProcessEnv,
    onLine: (stream: LogStream, line: string) => void,
  ) {
    this.#child = spawn(command.file, command.args, {
      cwd: command.directory,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      eachLine(this.#child[stream]!, (line) => {
        this.lastLines.push(line);
        if (this.lastLines.length > 20) this.lastLines.shift();
        onLine(stream, line);
      });
    }
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.exited = this.#watch();
    this.ended = this.exited.then(() => closed);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Signals the process and its children: FC stops and ends an instance as a whole. */
  signalAll(signal: NodeJS.Signals): void {
    if (this.pid === undefined || this.exitReason !== undefined) return;
    killGroup(this.pid, signal);
  }

  /** Asks only the process itself; it is the one to end its children in order. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  async #watch(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) {
      const [error] = await once(this.#child, 'error');
      this.exitReason = `could not be started (${error})`;
      return;
    }
    const guarded = guardGroup(pid);
    const [code, signal] = await once(this.#child, 'exit');
    this.exitReason = signal ? `was ended by ${signal}` : `exited with code ${code}`;
    killGroup(pid, 'SIGKILL'); // children it left behind would hold its pipes open for ever
    guarded.release();
  }
}

function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    // ESRCH: the last of the group is gone already. EPERM is what macOS says of a group of zombies.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
