import { GatewayError } from '#shared/errors.ts';

/** What is wrong with a template, and in which of its lines. */
export function templateError(problem: string, source: string, at: number): GatewayError {
  const line = source.slice(0, at).split('\n').length;
  return new GatewayError('invalid_request', `template error: line ${line}: ${problem}`, {
    param: 'template',
  });
}
