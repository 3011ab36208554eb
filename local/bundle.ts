import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './fc/free-port.ts';
import { type LocalFc, type LocalFcOptions, startLocalFc } from './fc/local-fc.ts';
import { readSpec } from './fc/read-spec.ts';
import type { StandIn } from './fc/stand-in.ts';

const S_YAML = join(fileURLToPath(new URL('..', import.meta.url)), 's.yaml');

export interface Secrets {
  keyPepper: string;
  internalSecret: string;
}

export interface BundleOptions extends Omit<LocalFcOptions, 'functions' | 'ports' | 'mounts'> {
  databaseUrl: string;
  secrets: Secrets;
  /** Absent: any free one. */
  routerPort?: number;
  /** Likewise. */
  consolePort?: number;
  /** Variables beside those of s.yaml, by function: for settings that s.yaml leaves at their defaults. */
  environment?: Record<string, Record<string, string>>;
  /** The folder that stands for the NAS with the models. Absent: one of its own, which is gone with the bundle. */
  models?: string;
  /** What runs in the place of containers, by function; the others are left out, and nobody is told their address. */
  containers?: Record<string, StandIn>;
}

/** Starts the built bundle on one machine, exactly as s.yaml says. */
export async function startBundle(options: BundleOptions): Promise<LocalFc> {
  const {
    databaseUrl,
    secrets,
    routerPort,
    consolePort,
    environment = {},
    models,
    containers = {},
    ...settings
  } = options;
  // Known before s.yaml is rendered, since one function's address is another's setting.
  const ports = {
    router: routerPort ?? (await freePort()),
    'custom-agent': await freePort(),
    'model-pull': await freePort(),
    'ollama-proxy': await freePort(),
    console: consolePort ?? (await freePort()),
  };
  const at = (name: keyof typeof ports) => `http://127.0.0.1:${ports[name]}`;
  const variables = {
    ...PLACE,
    DATABASE_URL: databaseUrl,
    KEY_PEPPER: secrets.keyPepper,
    INTERNAL_SECRET: secrets.internalSecret,
    CUSTOM_AGENT_URL: `${at('custom-agent')}/v1`,
    MODEL_PULL_URL: at('model-pull'),
    OLLAMA_PROXY_URL: containers['ollama-proxy'] ? at('ollama-proxy') : '',
  };
  const functions = (await readSpec(S_YAML, variables, containers)).map((spec) => ({
    ...spec,
    environment: { ...spec.environment, ...environment[spec.name] },
  }));
  return withStore(models, (folder) => {
    const mounts = Object.fromEntries(
      functions.flatMap((spec) => spec.mountDirs.map((dir) => [dir, folder])),
    );
    return startLocalFc({ ...settings, functions, ports, mounts });
  });
}

async function withStore(
  given: string | undefined,
  start: (folder: string) => Promise<LocalFc>,
): Promise<LocalFc> {
  if (given !== undefined) return start(given);
  const folder = await mkdtemp(join(tmpdir(), 'sublet-models-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const fc = await start(folder);
    return { ...fc, stop: () => fc.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What s.yaml wants to know of the cloud, and nobody asks for here. */
export const PLACE = {
  REGION: 'local',
  FC_ROLE: 'local',
  VPC_ID: 'local',
  VSWITCH_ID: 'local',
  SECURITY_GROUP_ID: 'local',
  LOG_PROJECT: 'local',
  LOG_STORE: 'local',
  NAS_SERVER: 'local:/',
  OLLAMA_PROXY_IMAGE: 'local',
  // An image of others' that does not run here.
  LOBECHAT: 'none',
};
