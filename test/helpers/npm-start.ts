import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knownData, removePostgres } from '../../local/postgres/home.ts';
import { atEnd } from './at-end.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A run of `npm start`, as a script would run it. */
export class Run {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  /** `detached` gives it a process group of its own, as a terminal gives each command one. */
  constructor(args: string[], environment: Record<string, string> = {}, { detached = false } = {}) {
    const { DATABASE_URL: _given, ...env } = process.env;
    this.child = spawn('npm', ['start', '--silent', '--', ...args], {
      cwd: ROOT,
      env: { ...env, ...environment },
      detached,
    });
    this.child.stdout!.on('data', (bytes) => {
      this.stdout += bytes;
    });
    this.child.stderr!.on('data', (bytes) => {
      this.stderr += bytes;
    });
  }

  /** Resolves with the text once standard output holds a line that contains `text`. */
  async says(text: string): Promise<string> {
    while (!this.stdout.includes(text)) {
      const exit = once(this.child, 'close').then(() => 'closed');
      if (
        (await Promise.race([once(this.child.stdout!, 'data'), exit])) === 'closed' &&
        !this.stdout.includes(text)
      ) {
        throw new Error(`It ended before it said '${text}':\n${this.stdout}${this.stderr}`);
      }
    }
    return this.stdout;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const closed = once(this.child, 'close');
    this.child.kill(signal);
    const [code] = await closed;
    return code;
  }

  /** What a terminal does: SIGINT to npm, its shell and us alike, and npm passes it on besides. */
  async ctrlC(): Promise<number | null> {
    const closed = once(this.child, 'close');
    process.kill(-this.child.pid!, 'SIGINT');
    const [code] = await closed;
    return code;
  }

  async exit(): Promise<number | null> {
    const [code] = await once(this.child, 'close');
    return code;
  }
}

/** What PostgreSQL's data directory says of a running server; null when there is none. */
export async function postgresPid(dataDirectory: string): Promise<number | null> {
  const data = await knownData(join(dataDirectory, 'postgres'));
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => null);
  return text === null ? null : Number(text.split('\n', 1)[0]);
}

/** A data directory of a test's own, PostgreSQL's data with it. */
export async function aDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sublet-start-'));
  atEnd(async () => {
    await removePostgres(join(directory, 'postgres'));
    await removePostgres(directory);
  });
  return directory;
}
