import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';
import { migrate } from '#shared/db/migrate.ts';
import { buildFunctions } from '../local/build.ts';
import { createDatabase } from '../local/postgres/databases.ts';
import { removePostgres } from '../local/postgres/home.ts';
import { startPostgres } from '../local/postgres/start-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A database of the run's server, from which others are made. */
    adminUrl: string;
    /** The operator's command line in one file: it starts in a fifth of the time, and tests run it a hundred times. */
    sublet: string;
  }
}

/** The template that each test file's database is a clone of. */
export const TEMPLATE = 'template_sublet';

/** Once a run: one PostgreSQL with a migrated template, and the bundles as they would be deployed. */
export default async function setup(project: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), 'sublet-test-'));
  await chmod(directory, 0o755); // PostgreSQL runs as another user where we are root
  const settings = { max_connections: '300' };
  const sublet = join(directory, 'sublet.mjs');
  const built = buildSublet(sublet).then(buildFunctions);
  built.catch(() => {}); // told below, when there is a server to end
  const server = await startPostgres({ directory, durable: false, settings });
  const teardown = async () => {
    await server.stop();
    await removePostgres(directory);
  };
  try {
    await built;
    await createDatabase(server.url(), TEMPLATE);
    await migrate(server.url(TEMPLATE), fileURLToPath(new URL('../migrations', import.meta.url)));
  } catch (error) {
    await teardown(); // vitest would not: the setup has given it nothing to call
    throw error;
  }
  project.provide('adminUrl', server.url());
  project.provide('sublet', sublet);
  return teardown;
}

async function buildSublet(outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('../cli/sublet.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    // Gives CommonJS dependencies the `require` that ESM lacks.
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
  });
}
