import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resultOf } from './result-of.ts';

/** The tool has said what is wrong; this says that it did. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly exitCode: number;

  constructor(args: readonly string[], exitCode: number) {
    super(`\`s ${args.join(' ')}\` ended with ${exitCode}.`);
    this.exitCode = exitCode;
  }
}

/** `s` of Serverless Devs. It tells its makers each command's arguments: no secret may be among them. */
export interface Tool {
  /** Does something and shows how it goes; gives what it printed. @throws ToolFailure */
  act(...args: string[]): Promise<string>;
  /** Asks for something. @throws ToolFailure */
  read(...args: string[]): Promise<unknown>;
}

interface Options {
  /** Where s.yaml is. */
  directory: string;
  environment: Readonly<Record<string, string | undefined>>;
  /** Whom its output is for. */
  show: (text: string) => void;
}

/** `s` as the PATH finds it: `npm run` has that of this repository first. */
export function serverlessDevs({ directory, environment, show }: Options): Tool {
  const run = async (args: string[], tell: (text: string) => void) => {
    // Without standard input, so that a question it may have ends it and does not wait for ever.
    const child = spawn('s', args, {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      tell(text);
    });
    child.stderr.setEncoding('utf8').on('data', tell);
    const [code] = (await once(child, 'close')) as [number | null];
    return { stdout, code: code ?? 1 };
  };
  const act = async (...args: string[]) => {
    const { stdout, code } = await run(args, show);
    if (code !== 0) throw new ToolFailure(args, code);
    return stdout;
  };
  return {
    act,
    async read(...args) {
      const { stdout, code } = await run([...args, '-o', 'json'], () => {});
      const result = code === 0 ? resultOf(stdout) : undefined;
      if (result !== undefined) return result;
      await act(...args); // once more, for it to say what is wrong: under `-o json` it does not
      throw new ToolFailure(args, code || 1);
    },
  };
}
