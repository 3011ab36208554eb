import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { checkEnvironment } from '../../deploy/environment/check-environment.ts';
import { exampleEnvironment } from '../deploy/example-environment.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';

const GUIDE = readFileSync(new URL('../../docs/lobechat.md', import.meta.url), 'utf8');

it('the guide makes a key set that is right', async () => {
  const [, program = ''] = /^node -e '(.*)'$/m.exec(GUIDE) ?? [];
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  const environment = { ...exampleEnvironment('small'), LOBECHAT_JWKS_KEY: stdout.trim() };
  expect(checkEnvironment('small', environment).problems).toEqual([]);
});

it('what the guide shows can be done', async () => {
  const sublet = new Sublet(await aDatabaseUrl());
  await sublet.text('upstreams', 'add', 'gpu', '--backend', 'ollama', '--address', 'http://gpu:11434');
  await sublet.text('models', 'add', 'qwen3:8b');
  await sublet.text('routes', 'add', 'qwen3:8b', 'gpu');
  const commands = [...GUIDE.matchAll(/^npm run (?:--silent )?sublet -- (.*)$/gm)].map(([, words]) => words!);
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) {
    const { code, stderr } = await sublet.run(...command.replace('….', 'abc.').split(' '));
    expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' });
  }
});
