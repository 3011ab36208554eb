import { cp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { stop } from 'esbuild';
import { buildFunction, buildFunctions } from '../local/build.ts';

export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
const MIGRATION_BUNDLE = fileURLToPath(new URL('../dist/migration', import.meta.url));

/** All that is sent: the functions' bundles, and the one that migrates with the migrations beside it. */
export async function buildBundles(): Promise<void> {
  await buildFunctions();
  await buildMigration();
}

export async function buildMigration(): Promise<void> {
  await buildFunction('migration', 'deploy/migration/server.ts');
  await stop();
  await rm(`${MIGRATION_BUNDLE}/migrations`, { recursive: true, force: true });
  await cp(MIGRATIONS, `${MIGRATION_BUNDLE}/migrations`, { recursive: true });
}
