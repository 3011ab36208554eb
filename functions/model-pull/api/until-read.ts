import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { GatewayError } from '#shared/errors.ts';

/**
 * Waits until a caller has taken what was written, or has hung up.
 *
 * @throws GatewayError `caller_gone` for one that is there and does not read: it would keep this instance for ever.
 */
export async function untilRead(
  outgoing: ServerResponse,
  hungUp: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const signal = AbortSignal.any([hungUp, AbortSignal.timeout(timeoutMs)]);
  await once(outgoing, 'drain', { signal }).catch(() => {
    if (!hungUp.aborted) throw new GatewayError('caller_gone', 'The caller did not read.');
  });
}
