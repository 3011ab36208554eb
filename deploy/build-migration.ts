import { cp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { stop } from 'esbuild';
import { buildFunction } from '../local/build.ts';

export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
const BUNDLE = fileURLToPath(new URL('../dist/migration', import.meta.url));

/** The bundle of the function that migrates, with the migrations beside it. */
export async function buildMigration(): Promise<void> {
  await buildFunction('migration', 'deploy/migration/server.ts');
  await stop();
  await rm(`${BUNDLE}/migrations`, { recursive: true, force: true });
  await cp(MIGRATIONS, `${BUNDLE}/migrations`, { recursive: true });
}

if (import.meta.main) await buildMigration();
