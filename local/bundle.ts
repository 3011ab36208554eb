import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './fc/free-port.ts';
import { type LocalFc, type LocalFcOptions, startLocalFc } from './fc/local-fc.ts';
import { readSpec } from './fc/read-spec.ts';

const S_YAML = join(fileURLToPath(new URL('..', import.meta.url)), 's.yaml');

export interface Secrets {
  keyPepper: string;
  internalSecret: string;
}

export interface BundleOptions extends Omit<LocalFcOptions, 'functions' | 'ports'> {
  databaseUrl: string;
  secrets: Secrets;
  /** Absent: any free one. */
  routerPort?: number;
  /** Variables beside those of s.yaml, by function: for settings that s.yaml leaves at their defaults. */
  environment?: Record<string, Record<string, string>>;
}

/** Starts the built bundle on one machine, exactly as s.yaml says. */
export async function startBundle(options: BundleOptions): Promise<LocalFc> {
  const { databaseUrl, secrets, routerPort, environment = {}, ...settings } = options;
  // Known before s.yaml is rendered, since one function's address is another's setting.
  const ports = { router: routerPort ?? (await freePort()), 'custom-agent': await freePort() };
  const functions = await readSpec(S_YAML, {
    ...PLACE,
    DATABASE_URL: databaseUrl,
    KEY_PEPPER: secrets.keyPepper,
    INTERNAL_SECRET: secrets.internalSecret,
    CUSTOM_AGENT_URL: `http://127.0.0.1:${ports['custom-agent']}/v1`,
  });
  const specs = functions.map((spec) => ({
    ...spec,
    environment: { ...spec.environment, ...environment[spec.name] },
  }));
  return startLocalFc({ ...settings, functions: specs, ports });
}

/** What s.yaml wants to know of the cloud, and nobody asks for here. */
const PLACE = {
  REGION: 'local',
  FC_ROLE: 'local',
  VPC_ID: 'local',
  VSWITCH_ID: 'local',
  SECURITY_GROUP_ID: 'local',
  LOG_PROJECT: 'local',
  LOG_STORE: 'local',
};
