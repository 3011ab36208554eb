import { fileURLToPath } from 'node:url';
import { readSpec } from '../../local/fc/read-spec.ts';

const S_YAML = fileURLToPath(new URL('../../s.yaml', import.meta.url));

/** The router as s.yaml has it, for tests that start it without the rest of the bundle. */
export async function routerSpec(secrets: { DATABASE_URL: string; KEY_PEPPER: string }) {
  const specs = await readSpec(S_YAML, { ...PLACE, ...secrets });
  return specs.find(({ name }) => name === 'router')!;
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
  INTERNAL_SECRET: 'none of these tests shows it to anyone',
  CUSTOM_AGENT_URL: 'http://127.0.0.1:9/v1',
};
