import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../cli/sublet.ts', import.meta.url));
/** The same in one file: it starts in a fifth of the time, and tests run it a hundred times. */
const BUILT = inject('sublet');

export const PEPPER = 'the pepper of the tests of the command line';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The operator's command line, as a process of its own, on one database. */
export class Sublet {
  readonly #program: string;
  readonly #environment: Record<string, string>;

  /** @param source runs the command line as it stands in the repository, not as one file */
  constructor(databaseUrl: string, environment: Record<string, string> = {}, { source = false } = {}) {
    this.#program = source ? SOURCE : BUILT;
    this.#environment = { DATABASE_URL: databaseUrl, KEY_PEPPER: PEPPER, ...environment };
  }

  async run(...args: string[]): Promise<Ran> {
    const child = this.#start(args);
    const closed = once(child, 'close');
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { code, stdout, stderr };
  }

  /** Runs a command that gets a Ctrl-C once it has said something on standard error. */
  async interrupted(said: string, ...args: string[]): Promise<Ran> {
    const child = this.#start(args);
    let heard = '';
    child.stderr.on('data', (bytes: Buffer) => {
      const hadSaidIt = heard.includes(said);
      heard += bytes;
      if (!hadSaidIt && heard.includes(said)) child.kill('SIGINT');
    });
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return { code, stdout, stderr: heard };
  }

  /** What a command tells a person. @throws Error unless it is done */
  async text(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`sublet ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** What a command tells a program. @throws Error unless it is done */
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect
  async json(...args: string[]): Promise<any> {
    return JSON.parse(await this.text(...args, '--json'));
  }

  /** What a program is told when a command is not done; a person is told the same in one line. */
  async refusal(...args: string[]): Promise<{ exit: number; code: string; message: string }> {
    const { code: exit, stdout, stderr } = await this.run(...args, '--json');
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    if (stderr !== `${error.message}\n`) throw new Error(`It told a person something else: ${stderr}`);
    return { exit, ...error };
  }

  #start(args: string[]) {
    return spawn(process.execPath, [this.#program, ...args], {
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}
