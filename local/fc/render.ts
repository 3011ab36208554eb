import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** One resource of s.yaml, as the component would be given it. */
export interface Resource {
  name: string;
  component: string;
  props: Record<string, unknown>;
}

/**
 * s.yaml as `s deploy` would render it with `environment` and nothing else: not the variables of this
 * process, not a `.env`, no credentials of whoever runs it.
 *
 * A child does it, because parse-spec prints on stdout, changes the environment of its process and wants
 * the working directory to be that of s.yaml.
 */
export async function render(file: string, environment: Record<string, string>): Promise<Resource[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'sublet-spec-'));
  const output = join(scratch, 'resources.json');
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
