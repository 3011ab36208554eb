import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../local/fc/free-port.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aDataDirectory, Run } from '../helpers/npm-start.ts';
import { Sublet } from '../helpers/sublet.ts';

const sublet = new Sublet('postgres://nobody:secret@127.0.0.1:1/nothing', {}, { source: true });

describe('the command line', () => {
  it('tells its help on standard output', async () => {
    const { code, stdout, stderr } = await sublet.run('limits', 'set', '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: sublet limits set /);
  });

  it.each([
    [[], 'No command was given.'],
    [['keys'], 'No command was given.'],
    [['kees'], "Unknown command 'kees' (Did you mean keys?)"],
    [['keys', 'show'], "Missing required argument 'key'"],
    [['keys', 'list', '--nonsense'], "Unknown option '--nonsense'"],
    [['keys', 'create', '--consumer', 'acme'], "Required option '--name <name>' not specified"],
    [['consumers', 'show', 'a', 'b'], /Too many arguments/],
  ])('ends with 2 where it does not understand %j', async (args, message) => {
    const { code, stdout, stderr } = await sublet.run(...args, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'usage',
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      },
    });
    if (message !== 'No command was given.') expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('ends with 1 and one line where the database does not answer, and never tells its password', async () => {
    const { code, stdout, stderr } = await sublet.run('keys', 'list');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('The database cannot be used: connect ECONNREFUSED 127.0.0.1:1\n');
  });

  it.each([
    ['mysql://u:secret@h/x', 'no_database', 'DATABASE_URL is no postgres:// URL.'],
    ['', 'no_database', /^There is no database: .*npm start/],
  ])('refuses DATABASE_URL=%s', async (url, code, message) => {
    const refusal = await new Sublet(url).refusal('keys', 'list', '--data', '/nowhere');
    expect(refusal).toMatchObject({ exit: 1, code });
    expect(refusal.message).toMatch(message);
  });

  it('refuses a database without the schema, and says what to do', async () => {
    const refusal = await new Sublet(await aDatabaseUrl({ migrated: false })).refusal('keys', 'list');
    expect(refusal).toMatchObject({
      exit: 1,
      code: 'old_schema',
      message: expect.stringContaining('npm run migration'),
    });
  });
});

const NO_OLLAMA = { OLLAMA_URLS: 'http://127.0.0.1:1' };

describe('beside npm start', () => {
  it('uses its database and its pepper, says so, and a key made so is let in', async () => {
    const data = await aDataDirectory();
    const args = ['--json', '--data', data, '--port', String(await freePort())];
    const start = new Run(args, NO_OLLAMA);
    const { url, key: firstKey } = JSON.parse(await start.says('\n'));
    const local = new Sublet('', { KEY_PEPPER: 'not the one of npm start, which is kept in its folder' });
    const inData = ['--data', data];

    const made = await local.run(
      'keys',
      'create',
      '--consumer',
      'local',
      '--name',
      'second',
      '--json',
      ...inData,
    );
    expect(made.stderr).toBe(`Using the database of npm start, in ${resolve(data, 'postgres')}.\n`);
    const { token, key } = JSON.parse(made.stdout);
    const status = async (shown: string) =>
      (await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${shown}` } })).status;
    expect(await status(token)).toBe(200);

    const rotated = await local.json('keys', 'rotate', String(key.id), ...inData);
    expect(await Promise.all([token, rotated.token, firstKey].map(status))).toEqual([200, 200, 200]);
    await local.text('keys', 'revoke', String(key.id), ...inData);
    expect(await Promise.all([token, rotated.token, firstKey].map(status))).toEqual([401, 401, 200]);
    expect(await start.end('SIGTERM')).toBe(0);

    expect(await local.refusal('keys', 'list', ...inData)).toMatchObject({ exit: 1, code: 'no_database' });
  }, 120_000);

  it('does not bring back a first key whose token was replaced', async () => {
    const data = await aDataDirectory();
    const args = ['--json', '--data', data, '--port', String(await freePort())];
    const first = new Run(args, NO_OLLAMA);
    const { key } = JSON.parse(await first.says('\n'));
    const local = new Sublet('');
    await local.text('keys', 'rotate', key, '--grace', '0', '--data', data);
    expect(await first.end('SIGTERM')).toBe(0);

    const second = new Run(args, NO_OLLAMA);
    const { url } = JSON.parse(await second.says('\n'));
    const answer = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(401);
    expect((await local.json('keys', 'list', '--data', data)).keys).toHaveLength(1);
    expect(await second.end('SIGTERM')).toBe(0);
  }, 120_000);
});
