import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  }
}

/** The template that each test file's database is a clone of. */
export const TEMPLATE = 'template_sublet';

/** Once a run: one PostgreSQL with a migrated template, and the bundles as they would be deployed. */
export default async function setup(project: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), 'sublet-test-'));
  await chmod(directory, 0o755); // PostgreSQL runs as another user where we are root
  const settings = { max_connections: '300' };
  const built = buildFunctions();
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
  return teardown;
}
