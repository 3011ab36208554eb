import { type FailureCode, GatewayError } from '#shared/errors.ts';
import type { ModelJob } from '#shared/model-jobs/job.ts';

/** @throws GatewayError with what went wrong at a job that did not do what it was for. */
export function assertReady({ state }: ModelJob): void {
  switch (state.status) {
    case 'ready':
      return;
    case 'failed':
      throw new GatewayError(state.failure as FailureCode, state.reason);
    case 'stopped':
      throw new GatewayError('conflict', 'This was stopped.');
    default:
      throw new GatewayError('gateway_not_ready', 'This was interrupted. Ask again to go on.', {
        retryAfterMs: 1000,
      });
  }
}
