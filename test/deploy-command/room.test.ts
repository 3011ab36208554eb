import { describe, expect, it } from 'vitest';
import { exampleEnvironment } from '../deploy/example-environment.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { migrationInside } from './migration-inside.ts';
import { anOperator } from './operator.ts';

/** The database of the tests takes 300 connections. */
const ENVIRONMENT = { ...exampleEnvironment('small', 'none'), ROUTER_INSTANCES: '200' };
const SMALL = ['--profile', 'small'];

describe('npm run deploy, with more instances than the database has room for,', { timeout: 120_000 }, () => {
  it.each(['inside', 'here'])(
    'touches nothing that serves, be it asked from %s, unless a pooler takes them',
    async (where) => {
      const databaseUrl = await aDatabaseUrl({ migrated: false });
      const { run, sent } = anOperator({ ...ENVIRONMENT, DATABASE_URL: databaseUrl }, { quick: true });
      const CLOUD_INVOKES = where === 'here' ? '' : await migrationInside(databaseUrl);
      const args = [...SMALL, '--migrate', where];
      const refused = await run('deploy', args, { CLOUD_INVOKES });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(
        'could open 603 connections (router 200 × 3, console 1 × 3) and may have 240',
      );
      expect(refused.stderr).toContain('No function that serves was touched.');
      expect(sent().filter((line) => !line.startsWith('sublet-migration '))).toEqual([]);
      // A pooler before it takes more.
      const pooled = await run('deploy', [...args, '--connections', '603'], { CLOUD_INVOKES });
      expect({ code: pooled.code, stderr: pooled.stderr }).toEqual({ code: 0, stderr: '' });
      expect(sent().at(-1)).toContain('sublet-router deploy');
    },
  );

  it('says what it would have to take where it does no more than check', async () => {
    const { run, sent } = anOperator(ENVIRONMENT);
    const { code, stdout } = await run('deploy', [...SMALL, '--check']);
    expect(code).toBe(0);
    expect(stdout).toContain('at most 603 connections (');
    expect(stdout).toContain('max_connections of 754 or more');
    expect(sent()).toEqual([]);
  });
});
