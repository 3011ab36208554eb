import { fileURLToPath } from 'node:url';
import { PLACE } from '../../local/bundle.ts';
import { readSpec } from '../../local/fc/read-spec.ts';

const S_YAML = fileURLToPath(new URL('../../s.yaml', import.meta.url));

/** The router as s.yaml has it, for tests that start it without the rest of the bundle; `file` names another s.yaml. */
export async function routerSpec(secrets: { DATABASE_URL: string; KEY_PEPPER: string }, file = S_YAML) {
  const specs = await readSpec(file, { ...PLACE, ...NOBODY, ...secrets });
  return specs.find(({ name }) => name === 'router')!;
}

/** The other functions, which none of these tests meets. */
const NOBODY = {
  INTERNAL_SECRET: 'none of these tests shows it to anyone',
  CUSTOM_AGENT_URL: 'http://127.0.0.1:9/v1',
};
