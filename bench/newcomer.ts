import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * The path of somebody who comes for the first time, timed: a clean clone of what is committed, an empty home, and the
 * README's commands. `npx -c 'node bench/newcomer.ts [--tests]'`; with `--tests` its second command runs as well.
 */
const { values } = parseArgs({ options: { tests: { type: 'boolean', default: false } } });
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const folder = await mkdtemp(join(tmpdir(), 'sublet-newcomer-'));
await chmod(folder, 0o755); // PostgreSQL runs as another user where we are root
const home = join(folder, 'home');
const checkout = join(folder, 'sublet');
const environment = { HOME: home, PATH: process.env.NEWCOMER_PATH ?? withoutOurs(process.env.PATH ?? '') };
try {
  await mkdir(home);
  await timed('git clone', () => run('git', ['clone', '--quiet', ROOT, checkout], folder));
  await timed('npm ci', () => run('npm', ['ci', '--silent'], checkout));
  await timed('npm start, to the first answered call', startAndCall);
  if (values.tests) await timed('npm test', () => run('npm', ['test'], checkout));
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${cpus().length} cores; npm's cache as it was on this machine is not used: the home was empty.`);

async function timed(what: string, work: () => Promise<void> | void): Promise<void> {
  const startedMs = performance.now();
  await work();
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${what}`);
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync(command, args, { cwd, env: environment, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`);
}

async function startAndCall(): Promise<void> {
  const child = spawn('npm', ['start', '--silent', '--', '--json', '--port', '19000'], {
    cwd: checkout,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // npm hands no signal on: its whole group is told to end
  });
  try {
    await call(await announced(child));
  } finally {
    process.kill(-child.pid!, 'SIGTERM');
    await once(child, 'exit');
  }
}

interface Started {
  url: string;
  key: string;
}

async function announced(child: ChildProcess): Promise<Started> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line) as Started;
  throw new Error('npm start ended without a word.');
}

async function call({ url, key }: Started): Promise<void> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'custom-agent', messages: [{ role: 'user', content: 'Hello!' }] }),
  });
  if (!answer.ok) throw new Error(`The first call was answered with ${answer.status}.`);
}

/** What this checkout has put on the path a newcomer does not have. */
function withoutOurs(path: string): string {
  return path
    .split(':')
    .filter((each) => !each.includes('node_modules'))
    .join(':');
}
