import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SPEC_FILES = ['s.yaml', 's-small.yaml', 's-gpus.yaml', 's-migration.yaml', 'profiles'];
/** What the bundles are built from, by what package.json says. */
const SOURCES = ['package.json', 'functions', 'shared', 'local', 'deploy', 'migrations'];

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * An operator's machine: the real `s`, with a stand-in for the component that speaks to the cloud, and a .env.
 *
 * @param quick with a stand-in for `s` itself, which takes a second each time
 * @param sources with the sources, and nothing built of them yet; otherwise with what was built for all tests. Of
 * `outlines` each function is an empty one, where it is told when it is built and not of what
 */
export function anOperator(
  environment: Record<string, string>,
  { quick = false, sources }: { quick?: boolean; sources?: 'whole' | 'outlines' } = {},
) {
  const home = mkdtempSync(join(tmpdir(), 'sublet-operator-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  for (const name of SPEC_FILES) cpSync(join(ROOT, name), join(home, name), { recursive: true });
  const quoted = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(join(home, '.env'), quoted.join(''));
  const component = join(home, '.s/components/devsapp.cn/v3/fc3');
  mkdirSync(component, { recursive: true });
  cpSync(join(ROOT, 'test/deploy-command/fc3.cjs'), join(component, 'index.cjs'));
  writeFileSync(join(component, 'package.json'), '{"name": "fc3", "version": "0.1.22", "main": "index.cjs"}');
  writeFileSync(join(component, '.s.lock'), '{}'); // it was brought whole, so `s` asks nobody for it
  if (sources) {
    for (const name of SOURCES) cpSync(join(ROOT, name), join(home, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'));
    for (const name of sources === 'outlines' ? readdirSync(join(home, 'functions')) : []) {
      const file = join(home, 'functions', name, 'server.ts');
      if (existsSync(file)) writeFileSync(file, 'export {};\n');
    }
  } else symlinkSync(join(ROOT, 'dist'), join(home, 'dist'));
  if (quick) {
    mkdirSync(join(home, 'bin'));
    symlinkSync(join(ROOT, 'test/deploy-command/s.cjs'), join(home, 'bin/s'));
  }
  const log = join(home, 'log');
  return {
    /** Every command that reached the cloud, as `function command arguments`, without those that only look. */
    sent: () => readLines(log).filter((line) => !/ (alias|version) list/.test(line)),
    /** What there is in the cloud, by function. */
    state: () => JSON.parse(readFileSync(join(home, 'state.json'), 'utf8')),
    put: (state: object) => writeFileSync(join(home, 'state.json'), JSON.stringify(state)),
    home,
    run: (program: 'deploy' | 'release', args: string[], variables: Record<string, string> = {}) =>
      ran(process.execPath, [join(ROOT, `deploy/${program}.ts`), ...args], variables),
    /** The tool by hand. */
    s: (...args: string[]) => ran('s', args),
  };

  async function ran(file: string, args: string[], variables: Record<string, string> = {}): Promise<Ran> {
    const env = {
      PATH: `${join(home, 'bin')}:${join(ROOT, 'node_modules/.bin')}:${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: home,
      serverless_devs_config_home: home,
      NODE_ENV: 'test', // `s` then tells nobody of it
      NODE_COMPILE_CACHE: join(dirname(inject('sublet')), 'compiled'), // saves a third of what `s` takes to start
      npm_config_update_notifier: 'false', // nor does npm ask anybody
      ...{
        AccountID: '1234567890',
        AccessKeyID: 'LTAI5tAccessKeyId',
        AccessKeySecret: 'AccessKeySecret01',
      },
      CLOUD: home,
      ...variables,
    };
    const child = spawn(file, args, { cwd: home, env });
    const closed = once(child, 'close');
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { code, stdout, stderr };
  }
}

const readLines = (file: string) =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
