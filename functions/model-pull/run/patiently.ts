import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '#shared/errors.ts';

const RETRY_MS = 1_000;
/** Longer than a database takes to be replaced. */
const PATIENCE_MS = 300_000;

/**
 * Asks the database again while it is away: a pull of hours does not fail for it.
 *
 * @throws GatewayError `gateway_not_ready` when it stays away, or `ended` says that nobody waits.
 */
export async function patiently<T>(ask: () => Promise<T>, ended?: AbortSignal): Promise<T> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isAway = error instanceof GatewayError && error.failure === 'gateway_not_ready';
      if (!isAway || ended?.aborted || performance.now() > untilMs) throw error;
      await delay(RETRY_MS, undefined, { ...(ended && { signal: ended }) }).catch(() => {});
    }
  }
}
