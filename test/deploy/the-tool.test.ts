import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { PROFILES, type Profile } from '../../deploy/environment/profiles.ts';
import { renderBundle } from './bundle.ts';
import { exampleEnvironment, fileOf, ROOT } from './example-environment.ts';

const TOOL = join(ROOT, 'node_modules/.bin/s');

/** The tool has a parse-spec of its own inside, not the package that all other tests render with. */
it.each(Object.keys(PROFILES) as Profile[])(
  'the tool itself reads the profile %s as the tests do',
  async (profile) => {
    const environment = exampleEnvironment(profile);
    const bundle = await renderBundle(fileOf(profile), environment);
    const { resources } = await previewed(fileOf(profile), environment);
    for (const [name, { props }] of Object.entries(bundle)) expect(resources[name]?.props).toEqual(props);
  },
);

it.each(['s.yaml', 's-small.yaml', 's-gpus.yaml', 's-migration.yaml'])(
  '%s asks for no output of another resource, for which every command on one of them would fail',
  async (name) => {
    expect(await readFile(join(ROOT, name), 'utf8')).not.toMatch(/\$\{[^}]*\boutput\b/);
  },
);

interface Previewed {
  resources: Record<string, { props: Record<string, unknown> }>;
}

async function previewed(file: string, environment: Record<string, string>): Promise<Previewed> {
  const home = await mkdtemp(join(tmpdir(), 'sublet-tool-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  // NODE_ENV: the tool starts no process that tells its makers what it was asked.
  const quiet = { CI: '1', NODE_ENV: 'test', serverless_devs_config_home: home, HOME: home };
  const { stdout } = await promisify(execFile)(TOOL, ['preview', '-t', file, '-o', 'json'], {
    cwd: ROOT,
    env: { ...environment, ...quiet, PATH: process.env.PATH },
  });
  return JSON.parse(stdout.slice(stdout.indexOf('{\n')));
}
