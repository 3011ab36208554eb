import { CommanderError } from 'commander';
import { type FailureCode, GatewayError } from '#shared/errors.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { reasonOf } from '../local/start/reason-of.ts';

/** A command that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What a command needs around it and does not find. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly code: 'no_database' | 'old_schema' | 'no_pepper' | 'no_store';

  constructor(code: SetupError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface Failure {
  /** For a program. */
  code: string;
  /** One line for a person. */
  message: string;
  exitCode: 1 | 2;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError || error instanceof CommanderError)
    return { code: 'usage', message: sentence(error.message), exitCode: 2 };
  if (error instanceof Refusal || error instanceof SetupError)
    return { code: error.code, message: sentence(error.message), exitCode: 1 };
  if (error instanceof GatewayError && error.failure === 'gateway_not_ready') {
    const message = `The database cannot be used: ${reasonOf(error.cause)}`;
    return { code: 'no_database', message: sentence(message), exitCode: 1 };
  }
  if (error instanceof GatewayError)
    return { code: OF_THE_STORE[error.failure] ?? 'failed', message: sentence(error.message), exitCode: 1 };
  return { code: 'failed', message: sentence(reasonOf(error)), exitCode: 1 };
}

/** What model-pull says. */
const OF_THE_STORE: Partial<Record<FailureCode, string>> = {
  invalid_request: 'invalid',
  unsupported_parameter: 'invalid',
  not_found: 'not_found',
  model_not_found: 'not_found',
  conflict: 'busy',
};

/** One line, without the word that commander begins with. */
function sentence(message: string): string {
  const line = message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  return line.charAt(0).toUpperCase() + line.slice(1);
}
