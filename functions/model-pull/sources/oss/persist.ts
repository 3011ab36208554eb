import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from './store-error.ts';

const MOST_TRIES = 5;

/** Does it again while the store ails, with pauses that double. */
export async function persist<Result>(
  { signal, pauseMs }: { signal: AbortSignal; pauseMs: number },
  work: () => Promise<Result>,
): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError) || error.problem !== 'away' || tried >= MOST_TRIES) throw error;
      await pause(pauseMs * 2 ** (tried - 1), undefined, { signal });
    }
  }
}

/** Works at so many at once; the first that fails ends the others. */
export async function inParallel<Item>(
  most: number,
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      either.throwIfAborted();
      await work(item, either);
    }
  };
  const workers = Array.from({ length: Math.min(most, items.length) }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(workers);
    signal.throwIfAborted();
    throw error;
  }
}
