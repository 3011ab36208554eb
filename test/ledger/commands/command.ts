import fc from 'fast-check';
import type { LedgerDatabase } from '../../helpers/ledger-database.ts';
import type { Scene } from '../scene.ts';

export type LedgerCommand = fc.AsyncCommand<Scene, LedgerDatabase>;

/** Something that happens to the ledger: its arguments are drawn, and what they mean is decided when it happens. */
export const command = <T>(
  name: string,
  argument: fc.Arbitrary<T>,
  run: (scene: Scene, argument: T) => Promise<void>,
): fc.Arbitrary<LedgerCommand> =>
  argument.map((value) => ({
    check: () => true,
    run: (scene) => run(scene, value),
    toString: () => `${name}(${fc.stringify(value)})`,
  }));
