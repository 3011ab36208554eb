import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readConfig } from '#shared/config.ts';
import { openDoor } from '#shared/http/door.ts';
import { createLog } from '#shared/log.ts';
import { OllamaProxyConfig } from '../../functions/ollama-proxy/config.ts';
import { createProxy } from '../../functions/ollama-proxy/proxy.ts';
import type { ServeState } from '../fakes/ollama/serve-control.ts';
import type { Mischief } from '../fakes/ollama/serve-mischief.ts';
import { order, SERVE_PROGRAM, stateOf } from '../fakes/ollama/spawn-serve.ts';
import { atEnd } from '../helpers/at-end.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aModelStore } from './model-store.ts';
import { callSigned, SECRET } from './signed-call.ts';

/** What a proxy logs, a line for a line. */
type LogLine = Record<string, unknown> & { event: string };

export interface Stage {
  url: string;
  port: number;
  log: LogLine[];
  /** Where the Ollama of the moment is reached directly. */
  ollama(): string;
  /** What the Ollama of the moment has seen. */
  seen(): Promise<ServeState>;
  order(mischief: Mischief): Promise<void>;
  /** For the starts from now on, as long as it is not ordered otherwise. */
  orderStarts(mischief: Mischief): void;
  /** Asks with a credential of this very request. */
  call(path: string, body?: object, init?: RequestInit): Promise<Response>;
  chat(rest?: object, init?: RequestInit): Promise<Response>;
  readyz(): Promise<Readiness>;
  hook(path: '/initialize' | '/pre-stop'): Promise<number>;
  stop(): Promise<void>;
}

interface Readiness {
  status: string;
  ollama: { status: string; attempt?: number; nextTryAtMs?: number; reason?: string };
  models: { wanted: number; loaded: number };
}

/** Times that a test need not wait for; what it is about it says itself. */
const SETTINGS = {
  INTERNAL_SECRET: SECRET,
  OLLAMA_COMMAND: JSON.stringify([process.execPath, SERVE_PROGRAM]),
  OLLAMA_NUM_PARALLEL: '2',
  QUEUE_LENGTH: '2',
  QUEUE_WAIT_MS: '20000',
  RESTART_REST_MS: '20',
  RESTART_MOST_REST_MS: '50',
  STOP_TIMEOUT_MS: '5000',
  SLOT_REST_MS: '1',
  LOAD_REST_MS: '50',
};

/** One that runs and stays for all tests of the file. */
export const aLastingStage = (settings?: Record<string, string>): Promise<Stage> =>
  aRunningStage(settings, undefined, atEnd);

/** A proxy in this process, over a fake Ollama in one of its own that has `tiny`, `other` and `embed`. Ends with the test. */
export async function aStage(
  settings: Record<string, string> = {},
  mischief?: Mischief,
  whenDone: (end: () => Promise<void>) => void = onTestFinished,
): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), 'sublet-home-'));
  const models = aModelStore();
  const orderStarts = (told: Mischief) => {
    mkdirSync(join(home, '.ollama'), { recursive: true });
    writeFileSync(join(home, '.ollama/fake-mischief.json'), JSON.stringify(told));
  };
  if (mischief) orderStarts(mischief);
  const log: LogLine[] = [];
  const environment = {
    ...process.env,
    ...SETTINGS,
    OLLAMA_MODELS: models.path,
    OLLAMA_HOME: home,
    ...settings,
  };
  const config = readConfig(OllamaProxyConfig, environment);
  const functionLog = createLog('ollama-proxy', (line) => log.push(JSON.parse(line)));
  const app = createProxy(config, functionLog, environment);
  const options = {
    address: '127.0.0.1',
    port: 0,
    log: functionLog,
    drainTimeoutMs: 1_000,
    crossOrigin: false,
  };
  const door = await openDoor(app, options);
  const url = `http://127.0.0.1:${door.port}`;
  const ollama = () => `http://127.0.0.1:${log.findLast(({ event }) => event === 'ollama running')!.port}`;
  const call = (path: string, body?: object, init: RequestInit = {}) => callSigned(url, path, body, init);
  const stage: Stage = {
    url,
    port: door.port,
    log,
    ollama,
    seen: () => stateOf(ollama()),
    order: (told) => order(ollama(), told),
    orderStarts,
    call,
    chat: (rest = {}, init = {}) => call('/api/chat', { model: 'tiny', messages: [HELLO], ...rest }, init),
    readyz: async () => (await (await fetch(`${url}/readyz`)).json()) as Readiness,
    hook: async (path) => {
      const method = path === '/initialize' ? 'POST' : 'GET';
      return (await fetch(url + path, { method, headers: { 'x-fc-control-path': path } })).status;
    },
    stop: async () => {
      await door.drain();
      rmSync(home, { recursive: true });
      models[Symbol.dispose]();
    },
  };
  whenDone(() => stage.stop());
  return stage;
}

/** One whose Ollama answers. */
export async function aRunningStage(
  settings?: Record<string, string>,
  mischief?: Mischief,
  whenDone?: (end: () => Promise<void>) => void,
): Promise<Stage> {
  const stage = await aStage(settings, mischief, whenDone);
  await stage.hook('/initialize');
  return stage;
}

export const running = (stage: Stage, starts = 1) =>
  eventually(() => stage.log.filter(({ event }) => event === 'ollama running').length).toBe(starts);

const HELLO = { role: 'user', content: 'Hello!' };
