import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type FunctionSpec, functionSpec } from './spec.ts';

/**
 * The functions of s.yaml that run on a custom runtime, rendered as `s deploy` would render them
 * with `environment`. Containers and other kinds of resource are left out: they do not run here.
 *
 * A child does the rendering, because parse-spec prints on stdout, changes the environment of its
 * process and wants the working directory to be that of s.yaml.
 */
export async function readSpec(file: string, environment: Record<string, string>): Promise<FunctionSpec[]> {
  const path = resolve(file);
  const resources = await render(path, environment);
  return resources
    .filter(
      ({ component, props }) => /(^|\/)fc3(@|$)/.test(component) && props.runtime !== 'custom-container',
    )
    .map((resource) => functionSpec(resource, dirname(path)));
}

interface Resource {
  name: string;
  component: string;
  props: Record<string, unknown>;
}

async function render(file: string, environment: Record<string, string>): Promise<Resource[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'sublet-spec-'));
  const output = join(scratch, 'resources.json');
  // A home without credentials: rendering needs none, so it shall not read the developer's.
  const env = { ...environment, serverless_devs_config_home: scratch };
  try {
    await promisify(execFile)(process.execPath, [renderer, file, output], { cwd: dirname(file), env });
    return JSON.parse(await readFile(output, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const renderer = fileURLToPath(new URL('render-spec.ts', import.meta.url));

/** The renderer's own words, which name the missing variable, without the stack around them. */
function reasonOf(error: unknown): string {
  const { stderr } = error as { stderr?: string };
  return stderr?.trim() || String(error);
}
