import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../errors.ts';
import { isOver, type ModelJob } from '../model-jobs/job.ts';
import type { ModelStoreClient } from './model-store-client.ts';

interface Following {
  /** Ends the watching, and nothing else. */
  signal: AbortSignal;
  /** Waits before the next connection; absent: longer each time, at most 10 s. */
  pause?: (failures: number) => Promise<unknown>;
}

/** So many connections in a row that brought nothing, and it is given up. */
const MOST_FAILURES = 8;

/**
 * A job at each change until it is over, over as many connections as that takes: each lives as long as a request may.
 *
 * @throws GatewayError when the store cannot be reached any more, or does not know the job.
 */
export async function* followJob(
  store: Pick<ModelStoreClient, 'watch'>,
  id: string,
  {
    signal,
    pause = (failures) => delay(Math.min(250 * 2 ** failures, 10_000), undefined, { signal }),
  }: Following,
): AsyncGenerator<ModelJob, void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      for await (const job of store.watch(id, signal)) {
        failures = 0;
        yield job;
        if (isOver(job)) return;
      }
      failures += 1; // until the next one says something
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (!isPassing(error) || failures >= MOST_FAILURES) throw error;
    }
    if (failures >= MOST_FAILURES)
      throw new GatewayError('upstream_error', 'The model store says nothing of this job.');
    await pause(failures).catch(() => {});
  }
}

const PASSING: ReadonlySet<string> = new Set(['upstream_error', 'upstream_timeout', 'server_overloaded']);

const isPassing = (error: unknown) => error instanceof GatewayError && PASSING.has(error.failure);
