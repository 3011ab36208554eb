import type { LedgerDatabase } from '../helpers/ledger-database.ts';
import type { Call } from './model/call.ts';
import type { World } from './model/world.ts';

/** One run: the ledger, the model of it, and what the routers remember of the calls they made. */
export interface Scene {
  ledger: LedgerDatabase;
  world: World;
  /** In the order in which they were made up. */
  ids: string[];
  calls: Map<string, Call>;
  echoes: Map<string, unknown>;
  /** Notes down a step, for whoever reads why a run failed. */
  log(what: string, facts: unknown): void;
}

export const ROUTER = '00000000-0000-7000-8000-00000000000f';

/** A UUIDv7 of the test's clock; no two are the same in one run. */
export function newId({ world, ids }: Scene): string {
  const ms = Math.floor(world.nowUs / 1000)
    .toString(16)
    .padStart(12, '0');
  const id = `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${(ids.length + 1).toString(16).padStart(12, '0')}`;
  ids.push(id);
  return id;
}

/** The k-th of a list that may have grown or shrunk since k was drawn. */
export const pick = <T>(list: readonly T[], k: number): T | undefined => list[k % list.length];
