import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { onTestFinished } from 'vitest';
import { knownData, removePostgres } from './home.ts';
import { livingPostmaster } from './postmaster-pid.ts';
import { isRunning } from './process-facts.ts';
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from './start-postgres.ts';

/** A folder for a server; what the test leaves in it, running or not, is removed after the test. */
export async function aDirectory(mode = 0o755): Promise<string> {
  const directory = await makeDirectory(mode);
  onTestFinished(() => removeDirectory(directory));
  return directory;
}

export async function makeDirectory(mode = 0o755): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sublet-postgres-test-'));
  await chmod(parent, mode);
  return join(parent, 'postgres');
}

export async function removeDirectory(directory: string): Promise<void> {
  await killLeftover(directory);
  await removePostgres(directory);
  await rm(dirname(directory), { recursive: true, force: true });
}

/** Started here, stopped after the test at the latest. */
export async function aServer(
  directory: string,
  options: Partial<PostgresOptions> = {},
): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ directory, durable: false, ...options });
  onTestFinished(() => server.stop());
  return server;
}

export interface Runner {
  pid: number;
  server: { pid: number; url: string; dataDirectory: string };
  kill(signal: NodeJS.Signals): Promise<void>;
}

interface RunnerOptions {
  script?: string;
  env?: Record<string, string>;
  umask?: number;
}

/** Another process that has started a server; it leads a process group of its own, like `npm start` in a terminal. */
export async function aRunner(directory: string, options: RunnerOptions = {}): Promise<Runner> {
  const { script = join(import.meta.dirname, 'fixture-runner.ts'), env = {}, umask = 0o022 } = options;
  const command = `umask ${umask.toString(8)} && exec "$0" "$@"`;
  const child = spawn('/bin/sh', ['-c', command, process.execPath, script, directory], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (complained += text));
  while (!said.includes('\n')) {
    if (child.exitCode !== null) throw new Error(complained);
    await sleep(20);
  }
  const kill = async (signal: NodeJS.Signals) => {
    process.kill(-child.pid!, signal);
    await exited;
  };
  return { pid: child.pid!, server: JSON.parse(said), kill };
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  return await sql.unsafe(statement).finally(() => sql.end({ timeout: 1 }));
}

async function killLeftover(directory: string): Promise<void> {
  const leftover = await livingPostmaster(await knownData(directory));
  if (!leftover) return;
  process.kill(leftover.pid, 'SIGCONT');
  process.kill(leftover.pid, 'SIGQUIT');
  while (await isRunning(leftover.pid)) await sleep(20);
}
