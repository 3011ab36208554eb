import { buildFunctions } from '../local/build.ts';
import { buildMigration } from './build-migration.ts';

/** All that is sent: the functions' bundles, and the one that migrates. */
export async function buildBundles(): Promise<void> {
  await buildFunctions();
  await buildMigration();
}
