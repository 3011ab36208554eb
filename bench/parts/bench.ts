import type { Books } from './books.ts';
import { type Load, type Ran, run } from './load.ts';
import { cpuMs } from './processes.ts';
import type { Report } from './report.ts';
import type { RouterWorld } from './router-world.ts';
import { startTarget, type Target, type TargetName } from './targets.ts';

/** What all cases share. */
export interface Bench {
  world: RouterWorld;
  books: Books;
  report: Report;
  rounds: number;
}

export interface Case {
  name: string;
  measure(bench: Bench): Promise<void>;
}

/** A load on a target, and what it cost. */
export interface Cost extends Ran {
  /** CPU of the target's process; NaN for a direct call. */
  cpuUs: number;
  databaseCpuUs: number;
}

export async function costOf({ world, books }: Bench, target: Target, load: Load): Promise<Cost> {
  const cpuNowUs = () => (target.process ? cpuMs(target.process.pid) * 1000 : Number.NaN);
  const work = async () => {
    const before = { own: cpuNowUs(), database: world.databaseCpuMs() };
    const ran = await run(load);
    const databaseCpuUs = (world.databaseCpuMs() - before.database) * 1000;
    return { ...ran, cpuUs: cpuNowUs() - before.own, databaseCpuUs };
  };
  return target.name === 'router' ? books.over(work) : work();
}

/**
 * Measures each target in each round, the one after the other and every second round in the other order. The first round
 * is for warming up and is not told; after it the database is tidied, as one in use has been by itself.
 */
export async function inRounds<Result, Name extends TargetName>(
  { world, rounds }: Bench,
  names: readonly Name[],
  measure: (target: Target) => Promise<Result>,
): Promise<Record<Name, Result[]>> {
  const targets: Target[] = [];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  try {
    for (const name of names) targets.push(await startTarget(name, world));
    for (let round = 0; round <= rounds; round += 1) {
      for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
        const result = await measure(target);
        if (round > 0) results[target.name as Name].push(result);
      }
      if (round === 0) await world.sql`vacuum analyze`;
    }
  } finally {
    await Promise.all(targets.map(({ process }) => process?.stop()));
  }
  return results;
}
