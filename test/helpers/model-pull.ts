import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { signCredential } from '#shared/credential/sign-credential.ts';
import { freePort } from '../../local/fc/free-port.ts';
import type { FakeRegistry } from '../fakes/registry/fake-registry.ts';
import { atEnd } from './at-end.ts';
import { aDatabaseUrl } from './database.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/model-pull/server.mjs', import.meta.url));

interface Options {
  databaseUrl?: string;
  /** An existing store; else a new one, removed when the file is done. */
  store?: string;
  registry?: Pick<FakeRegistry, 'origin' | 'cdnOrigin'>;
  environment?: Record<string, string>;
}

/** A store of models of this test file's own. */
export async function aStoreFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sublet-store-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export type ModelPull = Awaited<ReturnType<typeof aModelPull>>;

/** The built model-pull as a process of its own, in the open: without a Function Compute around it. */
export async function aModelPull(options: Options = {}) {
  const databaseUrl = options.databaseUrl ?? (await aDatabaseUrl());
  const store = options.store ?? (await aStoreFolder());
  const secret = randomBytes(32).toString('hex');
  const { registry } = options;
  const log: string[] = [];
  const child = spawn(process.execPath, [BUNDLE], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      LISTEN_ADDRESS: '127.0.0.1',
      FC_CUSTOM_LISTEN_PORT: String(await freePort()),
      DATABASE_URL: databaseUrl,
      INTERNAL_SECRET: secret,
      OLLAMA_MODELS: store,
      PULL_DISK_RESERVE_BYTES: '0',
      JOB_LEASE_MS: '3000',
      ...(registry && {
        PULL_REGISTRIES: JSON.stringify([{ origin: registry.origin, redirects: [registry.cdnOrigin] }]),
      }),
      ...options.environment,
    },
  });
  atEnd(() => ended(child));
  const port = await listening(child, log);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    store,
    secret,
    databaseUrl,
    log,
    child,
    /** A request as the gateway makes it. */
    async ask(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<Response> {
      const authorization = await bearer(secret, method, path);
      return fetch(url + path, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...init,
        headers: { authorization, ...init.headers },
      });
    },
    async kill() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

export async function bearer(secret: string, method: string, path: string): Promise<string> {
  const demand = { audience: 'model-pull', subject: 'test', method, path: path.split('?')[0]! } as const;
  return `Bearer ${await signCredential(secret, demand)}`;
}

async function listening(child: ChildProcess, log: string[]): Promise<number> {
  const lines = createInterface({ input: child.stdout! });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`model-pull ended with ${code}: ${log.join('\n')}`)));
    lines.on('line', (line) => {
      log.push(line);
      const { event, port } = JSON.parse(line) as { event: string; port: number };
      if (event === 'listening') resolve(port);
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGCONT'); // a test may have frozen it
  child.kill('SIGKILL');
  await once(child, 'exit');
}
