import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CONTROL_PATH, type ServeState } from './serve-control.ts';
import type { Mischief } from './serve-mischief.ts';

/** The program, for those who start it themselves. */
export const SERVE_PROGRAM = fileURLToPath(new URL('./serve.ts', import.meta.url));

export interface Served extends AsyncDisposable {
  url: string;
  process: ChildProcess;
  /** What it has written to stderr so far, line by line. */
  lines: string[];
  /** Its exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
}

/**
 * Starts the program with exactly this environment, on a free port if it names none, and waits until it listens.
 *
 * @throws Error with what it wrote when it ends before.
 */
export async function spawnServe(environment: Record<string, string>): Promise<Served> {
  const child = spawn(process.execPath, [SERVE_PROGRAM], {
    env: { OLLAMA_HOST: '127.0.0.1:0', ...environment },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const lines: string[] = [];
  const port = await listening(child, lines);
  if (port === undefined) throw new Error(`It ended with ${await exited}: ${lines.join('\n')}`);
  const end = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { url: `http://127.0.0.1:${port}`, process: child, lines, exited, [Symbol.asyncDispose]: end };
}

/** What the program at this address has seen. */
export const stateOf = async (url: string) => (await (await fetch(url + CONTROL_PATH)).json()) as ServeState;

/** Has the program do something wrong; undefined when that ended it at once. */
export async function order(url: string, mischief: Mischief): Promise<void> {
  const body = JSON.stringify(mischief);
  const told = fetch(url + CONTROL_PATH, { method: 'POST', body });
  if (mischief.crash === 'now') return void (await told.catch(() => {}));
  const response = await told;
  if (!response.ok) throw new Error(await response.text());
}

function listening(child: ChildProcess, lines: string[]): Promise<string | undefined> {
  const reader = createInterface({ input: child.stderr! });
  return new Promise((resolve) => {
    reader.on('line', (line) => {
      lines.push(line);
      const port = /Listening on 127\.0\.0\.1:(\d+) /.exec(line)?.[1];
      if (port) resolve(port);
    });
    reader.once('close', () => resolve(undefined));
  });
}
