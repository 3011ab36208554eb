/**
 * The fake as a program of its own that behaves as `ollama serve` to whoever starts, probes and ends it:
 *
 *     OLLAMA_HOST=127.0.0.1:11434 OLLAMA_MODELS=/store node test/fakes/ollama/serve.ts
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import { control } from './serve-control.ts';
import { ServeEnvironment } from './serve-environment.ts';
import { crash, fileOr, firstMischief, MischiefMaker } from './serve-mischief.ts';

const { data: env, error } = ServeEnvironment.safeParse(setOnes(process.env));
if (!env) fail(error.issues.map(({ message }) => message).join('; '));
const home = join(env.HOME, '.ollama');
prepareHome();
const starts = countStart();
const orders = firstMischief(env.HOME, env.FAKE_OLLAMA_MISCHIEF);
if (starts <= (orders.crashAtStarts ?? 0)) crash();

const fake = await startFakeOllama({
  models: env.OLLAMA_MODELS,
  port: env.OLLAMA_HOST.port,
  noPrune: env.OLLAMA_NOPRUNE,
  noCloud: env.OLLAMA_NO_CLOUD,
  numParallel: env.OLLAMA_NUM_PARALLEL || 1,
  maxLoadedModels: env.OLLAMA_MAX_LOADED_MODELS || 3,
  maxQueue: env.OLLAMA_MAX_QUEUE,
  keepAliveMs: env.OLLAMA_KEEP_ALIVE,
  loadTimeoutMs: env.OLLAMA_LOAD_TIMEOUT,
  ...(env.OLLAMA_CONTEXT_LENGTH > 0 && { contextLength: env.OLLAMA_CONTEXT_LENGTH }),
}).catch(cannotListen);
const maker = new MischiefMaker(fake);
fake.intercept = control(fake, maker, starts);
maker.obey(orders);
void maker.watch();
process.on('SIGTERM', () => maker.ignoresSigterm || process.exit(0));
process.on('SIGINT', () => process.exit(0));
tell(
  `time=${new Date().toISOString()} level=INFO msg="Listening on 127.0.0.1:${fake.port} (version 0.33.0)"`,
);

/** To Ollama an empty variable is none. */
function setOnes(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/** The key with which Ollama signs to its registry: made at the first start, and without it there is none. */
function prepareHome(): void {
  try {
    mkdirSync(home, { recursive: true });
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    if (fileOr(join(home, 'id_ed25519'), '') === '')
      writeFileSync(join(home, 'id_ed25519'), key, { mode: 0o600 });
  } catch (problem) {
    fail(`could not create directory ${(problem as Error).message}`);
  }
}

/** Of all starts with this home, this one included. */
function countStart(): number {
  const path = join(home, 'fake-starts');
  const count = Number(fileOr(path, '0')) + 1;
  writeFileSync(path, String(count));
  return count;
}

function cannotListen(problem: NodeJS.ErrnoException): FakeOllama {
  if (problem.code !== 'EADDRINUSE') throw problem;
  return fail(`listen tcp 127.0.0.1:${env!.OLLAMA_HOST.port}: bind: address already in use`);
}

function fail(message: string): never {
  tell(`Error: ${message}`);
  process.exit(1);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
