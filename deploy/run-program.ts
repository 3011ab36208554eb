import type { Command } from 'commander';
import { reasonOf } from '../local/start/reason-of.ts';
import { ToolFailure } from './tool/serverless-devs.ts';

/**
 * Does what the command line asks for; a failure is told in words.
 *
 * @param endOutput shows what of the tool's output was held back, before anything is said of a failure
 */
export async function runProgram(program: Command, endOutput: () => void): Promise<void> {
  try {
    await program.parseAsync();
    endOutput();
  } catch (error) {
    endOutput();
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

/** The tool's own where it is the tool that failed, so that a pipeline sees the same as without us. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ToolFailure) return error.exitCode;
  return error instanceof Error && error.cause !== undefined ? exitCodeOf(error.cause) : 1;
}
