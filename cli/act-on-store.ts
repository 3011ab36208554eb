import process from 'node:process';
import type { Drizzle } from '#shared/db/database.ts';
import type { ModelStoreClient } from '#shared/model-store-client/model-store-client.ts';
import { type Answer, tell, understood, type Words } from './act.ts';
import { openSession } from './session.ts';
import { openStore } from './store-session.ts';

/** What a command was given that works on the store of models. */
export interface GivenStore<Options, Arguments> extends Words<Options, Arguments> {
  store: ModelStoreClient;
  /** Opens the database for a while: few of these commands need one. */
  inDatabase<T>(work: (db: Drizzle) => Promise<T>): Promise<T>;
  /** Aborted by the first Ctrl-C; a second one ends the process. */
  interrupted: AbortSignal;
}

/** Makes a commander action of a command's work on the store: finds model-pull, tells the answer. */
export function actOnStore<Options = object, Arguments = []>(
  work: (given: GivenStore<Options, Arguments>) => Promise<Answer>,
) {
  return async (...args: unknown[]): Promise<void> => {
    const { dataDirectory, given } = understood<Options, Arguments>(args);
    const store = await openStore(dataDirectory);
    const interruption = new AbortController();
    const interrupt = () => interruption.abort();
    process.once('SIGINT', interrupt);
    try {
      const inDatabase = <T>(inner: (db: Drizzle) => Promise<T>) => withDatabase(dataDirectory, inner);
      tell(await work({ store, inDatabase, interrupted: interruption.signal, ...given }), given.asJson);
    } finally {
      process.removeListener('SIGINT', interrupt);
    }
  };
}

async function withDatabase<T>(dataDirectory: string, work: (db: Drizzle) => Promise<T>): Promise<T> {
  const { database } = await openSession(dataDirectory);
  try {
    return await database.read(work);
  } finally {
    await database.close();
  }
}
