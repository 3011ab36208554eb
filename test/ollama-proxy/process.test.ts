import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../local/fc/free-port.ts';
import type { ModelFolder } from '../fakes/ollama/model-folder.ts';
import { SERVE_PROGRAM, stateOf } from '../fakes/ollama/spawn-serve.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { isAlive } from './is-alive.ts';
import { aModelStore } from './model-store.ts';
import { callSigned, SECRET } from './signed-call.ts';

const SERVER = fileURLToPath(new URL('../../functions/ollama-proxy/server.ts', import.meta.url));

let home: string;
let models: ModelFolder;
let processes: ChildProcess[];
let orphans: number[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sublet-home-'));
  models = aModelStore();
  processes = [];
  orphans = [];
});
afterEach(async () => {
  for (const pid of orphans) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  for (const each of processes) each.kill('SIGKILL');
  rmSync(home, { recursive: true });
  models[Symbol.dispose]();
});

/** The function as Function Compute starts it; resolves when its Ollama runs, with the pid of that. */
async function start(port: number) {
  const child = spawn(process.execPath, [SERVER], {
    env: {
      PATH: process.env.PATH,
      INTERNAL_SECRET: SECRET,
      OLLAMA_COMMAND: JSON.stringify([process.execPath, SERVE_PROGRAM]),
      OLLAMA_MODELS: models.path,
      OLLAMA_HOME: home,
      LISTEN_ADDRESS: '127.0.0.1',
      FC_CUSTOM_LISTEN_PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  const exited = once(child, 'exit');
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(JSON.parse(line)));
  const running = async () => {
    await eventually(() => lines.some(({ event }) => event === 'ollama running')).toBe(true);
    const { port: ollamaPort } = lines.find(({ event }) => event === 'ollama running')!;
    const { pid } = await stateOf(`http://127.0.0.1:${ollamaPort}`);
    orphans.push(pid);
    return pid;
  };
  return { child, exited, running };
}

describe('the process', () => {
  it('ends with its Ollama at SIGTERM', async () => {
    const { child, exited, running } = await start(await freePort());
    const pid = await running();
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(isAlive(pid)).toBe(false);
  });

  it('serves again where another was killed, whatever that has left behind', async () => {
    const port = await freePort();
    const first = await start(port);
    const orphan = await first.running();
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await start(port);
    const pid = await second.running();
    expect(pid).not.toBe(orphan);
    expect(
      (await callSigned(`http://127.0.0.1:${port}`, '/api/chat', { model: 'tiny', messages: [] })).status,
    ).toBe(200);
  });

  it('does not stay where it cannot open its door', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { exited } = await start(port);
    expect(await exited).toEqual([1, null]);
    taken.close();
  });
});
