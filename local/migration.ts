import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { migrate } from '#shared/db/migrate.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const USAGE = `Usage: npm run migration                  bring the database that DATABASE_URL names to the newest schema
       npm run migration -- new <name>    write a migration for what changed in shared/db/schema.ts
`;

async function apply(): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error('DATABASE_URL is not set: it names the database to migrate.');
  await migrate(url, `${ROOT}migrations`);
  process.stdout.write('The database has the newest schema.\n');
}

/** drizzle-kit compares the schema with its last snapshot; what it cannot say (triggers, functions) is added by hand. */
function writeNew(name: string): void {
  const { status } = spawnSync('drizzle-kit', ['generate', '--name', name], { cwd: ROOT, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

const [command, name] = process.argv.slice(2);
try {
  if (command === undefined) await apply();
  else if (command === 'new' && name !== undefined && /^[a-z0-9-]+$/.test(name)) writeNew(name);
  else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`The migration failed: ${reasons(error).join(': ')}\n`);
  process.exitCode = 1;
}

/** The messages of an error and its causes. Drizzle's own says which statement, which helps nobody here. */
function reasons(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  if (error.message.startsWith('Failed query')) return reasons(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code} ` : '';
  return [`${code}${error.message}`, ...reasons(error.cause)];
}
