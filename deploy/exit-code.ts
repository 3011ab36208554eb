import { ToolFailure } from './tool/serverless-devs.ts';

/** The tool's own where it is the tool that failed, so that a pipeline sees the same as without us. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ToolFailure) return error.exitCode;
  return error instanceof Error && error.cause !== undefined ? exitCodeOf(error.cause) : 1;
}
