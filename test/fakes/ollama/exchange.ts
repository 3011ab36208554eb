import type { IncomingMessage, ServerResponse } from 'node:http';
import { deferred } from './deferred.ts';
import type { Fault } from './faults.ts';
import type { RequestRecord } from './recording.ts';

/** One request on its way through the fake. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  record: RequestRecord;
  fault: Fault | undefined;
  /** Aborts when the client leaves or the fake stops. */
  gone: AbortSignal;
  /** Says that what comes next was our doing, so that it is not taken for the client's. */
  markCut: () => void;
}

/** Waits for this, but no longer than the client does. */
export async function whileThere<T>(gone: AbortSignal, work: Promise<T>): Promise<T> {
  gone.throwIfAborted();
  const left = deferred<never>();
  const leave = () => left.reject(gone.reason);
  gone.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    gone.removeEventListener('abort', leave);
  }
}

/** Never returns: it throws when the client has gone. */
export const hang = (gone: AbortSignal): Promise<never> => whileThere(gone, new Promise<never>(() => {}));
