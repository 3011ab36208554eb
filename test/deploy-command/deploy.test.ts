import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NEEDED_MIGRATIONS } from '#shared/db/schema-version.ts';
import { exampleEnvironment } from '../deploy/example-environment.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { migrationInside } from './migration-inside.ts';
import { anOperator } from './operator.ts';

const ENVIRONMENT = exampleEnvironment('small', 'none');

async function applied(databaseUrl: string): Promise<number> {
  const [row] = await connectedTo(databaseUrl).read((db) =>
    db.execute<{ count: number }>(sql`select count(*)::int as count from drizzle.__drizzle_migrations`),
  );
  return row!.count;
}

/** A router's /healthz, and how often it was asked. */
async function aRouter() {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += request.url === '/healthz' ? 1 : 0;
    response.end('{"status":"ok"}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked: () => asked };
}

const SMALL = ['--profile', 'small'];

describe('npm run deploy', { timeout: 120_000 }, () => {
  it('migrates inside before what serves is touched, deploys, asks the router, and shows no secret', async () => {
    const databaseUrl = await aDatabaseUrl({ migrated: false });
    const router = await aRouter();
    const { run, sent } = anOperator(ENVIRONMENT);
    const CLOUD_INVOKES = await migrationInside(databaseUrl);
    const { code, stdout, stderr } = await run('deploy', [...SMALL, '--router', router.url], {
      CLOUD_INVOKES,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await applied(databaseUrl)).toBe(NEEDED_MIGRATIONS);
    const commands = sent().map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(commands.slice(0, 2)).toEqual(['sublet-migration deploy', 'sublet-migration invoke']);
    expect(commands.slice(2)).toContain('sublet-custom-agent deploy');
    expect(commands.at(-1)).toBe('sublet-router deploy'); // after what it calls
    expect(sent().at(-1)).toContain('--skip-push'); // no image from the operator's machine over the one that is there
    expect(router.asked()).toBe(1);
    expect(stdout).toContain('The database has the newest schema');
    expect(stdout).toContain('The functions may have 240 of its connections, and open at most 51.');
    expect(stdout).not.toContain('pre-action'); // it is built already
    for (const name of ['DATABASE_URL', 'KEY_PEPPER', 'INTERNAL_SECRET'])
      expect(stdout).not.toContain(ENVIRONMENT[name]);
    expect(stdout).toContain('KEY_PEPPER: ');
    for (const line of sent())
      for (const secret of [ENVIRONMENT.KEY_PEPPER, ENVIRONMENT.DATABASE_URL])
        expect(line).not.toContain(secret);
  });

  it('sends nothing where the environment is not right, and names all that is wrong with it', async () => {
    const { run, sent } = anOperator({ ...ENVIRONMENT, VPC_ID: '', KEY_PEPPER: 'too short' });
    const { code, stderr } = await run('deploy', SMALL);
    expect(code).toBe(1);
    expect(stderr).toContain('VPC_ID: is missing');
    expect(stderr).toContain('KEY_PEPPER: must have at least 32 characters');
    expect(stderr).toContain('Nothing was sent, and nothing has changed.');
    expect(stderr).not.toContain('too short');
    expect(sent()).toEqual([]);
  });

  it('sends nothing where a function would get more variables than the cloud takes, and names it', async () => {
    const { run, sent } = anOperator({ ...ENVIRONMENT, KEY_PEPPER: 'p'.repeat(4000) });
    for (const args of [SMALL, [...SMALL, '--check']]) {
      const { code, stderr } = await run('deploy', args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^ {2}sublet-router: has 4\d{3} bytes of variables, and .* takes 4096$/m);
      expect(stderr).not.toMatch(/sublet-(console|custom-agent|migration):/);
    }
    expect(sent()).toEqual([]);
  });

  it('looks at the function that migrates, too, unless it does without', async () => {
    const DATABASE_URL = `postgres://u:${'p'.repeat(4090)}@h:5432/d`;
    const { run } = anOperator({ ...ENVIRONMENT, DATABASE_URL });
    const [inside, here] = await Promise.all([
      run('deploy', [...SMALL, '--check']),
      run('deploy', [...SMALL, '--check', '--migrate', 'here']),
    ]);
    expect(inside.stderr).toContain('sublet-migration: has ');
    expect(here.stderr).toContain('sublet-router: has ');
    expect(here.stderr).not.toContain('sublet-migration: has ');
  });

  it('goes on with the example’s addresses before the first deploy alone', async () => {
    const CUSTOM_AGENT_URL = 'https://sublet-custom-agent-xxxxxxxxxx.cn-hangzhou-vpc.fcapp.run/v1';
    const { run, sent } = anOperator({ ...ENVIRONMENT, CUSTOM_AGENT_URL });
    const later = await run('deploy', [...SMALL, '--check']);
    expect(later).toMatchObject({ code: 1, stderr: expect.stringContaining('CUSTOM_AGENT_URL: is still') });
    const first = await run('deploy', [...SMALL, '--check', '--first']);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('CUSTOM_AGENT_URL: is still') });
    expect(sent()).toEqual([]);
  });

  it('touches nothing that serves where the migration fails, and says why', async () => {
    const { run, sent } = anOperator(ENVIRONMENT, { quick: true });
    const CLOUD_INVOKES = await migrationInside('postgres://u:hush-hush@127.0.0.1:1/none');
    const { code, stdout, stderr } = await run('deploy', SMALL, { CLOUD_INVOKES });
    expect(code).toBe(1);
    expect(stderr).toContain('Step 3/4 has failed');
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).toContain('No function that serves was touched.');
    expect(stdout + stderr).not.toContain('hush-hush');
    expect(sent().filter((line) => !line.startsWith('sublet-migration '))).toEqual([]);
  });

  it('migrates from here where it is told to; ends as the tool ends, and may be run again', async () => {
    const databaseUrl = await aDatabaseUrl({ migrated: false });
    const { run, sent } = anOperator({ ...ENVIRONMENT, DATABASE_URL: databaseUrl });
    const args = [...SMALL, '--migrate', 'here'];
    const failed = await run('deploy', args, { CLOUD_REFUSES: 'sublet-router deploy' });
    expect(failed.code).toBe(101);
    expect(failed.stderr).toContain('Some functions may be new and others as before: they work together');
    expect(await applied(databaseUrl)).toBe(NEEDED_MIGRATIONS);
    expect((await run('deploy', args)).code).toBe(0);
    expect(sent().some((line) => line.startsWith('sublet-migration'))).toBe(false);
  });
});
