import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROFILES, type Profile } from '../../deploy/environment/profiles.ts';
import { exampleEnvironment } from '../deploy/example-environment.ts';
import { anOperator } from './operator.ts';

const sourcesOf = (profile: Profile, sources: 'whole' | 'outlines') =>
  anOperator(exampleEnvironment(profile, 'none'), { sources });

/** How often the tool says that it has done what stands before the deploy. */
const buildsIn = (stdout: string) => stdout.match(/pre-action completed/g)?.length ?? 0;

const deployedIn = (sent: string[]) => sent.map((line) => line.split(' ').slice(0, 2).join(' ')).toSorted();

describe('`s deploy` by hand', { timeout: 120_000 }, () => {
  it.each(Object.keys(PROFILES) as Profile[])(
    'builds all that it sends, once and before any of it is sent: %s',
    async (profile) => {
      const { s, sent, home } = sourcesOf(profile, profile === 'small' ? 'whole' : 'outlines');
      expect(existsSync(join(home, 'dist'))).toBe(false);
      const { code, stdout } = await s('deploy', '-y', '-t', PROFILES[profile]);
      expect({ code, builds: buildsIn(stdout) }, stdout).toEqual({ code: 0, builds: 1 });
      // The stand-in for the component refuses a function whose bundle is not there.
      expect(deployedIn(sent())).toEqual(
        expect.arrayContaining([
          'sublet-console deploy',
          'sublet-custom-agent deploy',
          'sublet-router deploy',
        ]),
      );
    },
  );

  it('builds the function that migrates, with its migrations', async () => {
    const { s, sent, home } = sourcesOf('small', 'whole');
    const { code, stdout } = await s('deploy', '-y', '-t', 's-migration.yaml');
    expect({ code, builds: buildsIn(stdout) }, stdout).toEqual({ code: 0, builds: 1 });
    expect(deployedIn(sent())).toEqual(['sublet-migration deploy']);
    expect(existsSync(join(home, 'dist/migration/migrations/meta/_journal.json'))).toBe(true);
  });

  it('builds for one function, too, and for nothing that deploys none', async () => {
    const { s, sent, home } = sourcesOf('small', 'outlines');
    await s('custom-agent', 'version', 'list', '-t', 's-small.yaml');
    expect(existsSync(join(home, 'dist'))).toBe(false);
    const { code, stdout } = await s('custom-agent', 'deploy', '-y', '-t', 's-small.yaml');
    expect({ code, builds: buildsIn(stdout) }, stdout).toEqual({ code: 0, builds: 1 });
    expect(deployedIn(sent())).toEqual(['sublet-custom-agent deploy']);
  });

  it('sends nothing where the build fails', async () => {
    const { s, sent, home } = sourcesOf('small', 'whole');
    appendFileSync(join(home, 'functions/router/server.ts'), '\nimport "./that-is-not-there.ts";\n');
    const { code, stdout } = await s('deploy', '-y', '-t', 's-small.yaml');
    expect(code).toBeGreaterThan(0);
    expect(stdout).toContain('that-is-not-there.ts');
    expect(sent()).toEqual([]);
  });

  it('sends nothing that was not built, where it is told to skip that', async () => {
    const { s, sent } = sourcesOf('small', 'outlines');
    const { code, stdout } = await s('deploy', '-y', '--skip-actions', '-t', 's-small.yaml');
    expect({ builds: buildsIn(stdout), ended: code > 0 }, stdout).toEqual({ builds: 0, ended: true });
    expect(stdout).toContain('has nothing that could be sent');
    expect(sent().some((line) => line.startsWith('sublet-router '))).toBe(false);
  });
});
