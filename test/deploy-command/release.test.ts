import { describe, expect, it } from 'vitest';
import { exampleEnvironment } from '../deploy/example-environment.ts';
import { anOperator } from './operator.ts';

const ENVIRONMENT = { ...exampleEnvironment('small', 'none'), ROUTER_QUALIFIER: 'prod' };

/** What was deployed and is no version yet. */
const DEPLOYED = { versions: [] as object[], aliases: {}, isChanged: true };
const FIRST = {
  versions: [{ versionId: '1' }],
  aliases: { prod: { aliasName: 'prod', versionId: '1', additionalVersionWeight: {} } },
  isChanged: true,
};

function anOperatorWith(router: object, { quick = true } = {}) {
  const operator = anOperator(ENVIRONMENT, { quick });
  operator.put({ 'sublet-router': router });
  const release = async (...args: string[]) => {
    const ran = await operator.run('release', [...args, '--profile', 'small', '--json']);
    return { ...ran, answer: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) };
  };
  return { ...operator, release, alias: () => operator.state()['sublet-router'].aliases.prod };
}

describe('a new version of the router', { timeout: 60_000 }, () => {
  it('gets a share, more of it, and then all; and callers can be led back', async () => {
    const { release, alias, sent } = anOperatorWith(FIRST);
    expect(alias()).toMatchObject({ versionId: '1', additionalVersionWeight: {} });

    const canary = await release('canary', '10');
    expect(canary.answer).toMatchObject({
      before: { versionId: '1' },
      now: { versionId: '1', canary: { versionId: '2', percent: 10 } },
      done: true,
    });
    expect(alias()).toMatchObject({ versionId: '1', additionalVersionWeight: { 2: 0.1 } });

    await release('canary', '50', '--version', '2');
    expect(alias()).toMatchObject({ versionId: '1', additionalVersionWeight: { 2: 0.5 } });

    await release('promote');
    expect(alias()).toMatchObject({ versionId: '2', additionalVersionWeight: {}, description: 'before: 1' });

    expect((await release('rollback')).answer).toMatchObject({ now: { versionId: '1', before: '2' } });
    expect(alias()).toMatchObject({ versionId: '1', additionalVersionWeight: {} });
    expect(sent().every((line) => line.startsWith('sublet-router '))).toBe(true);
  });

  it('is taken back while it is a canary', async () => {
    const prod = { aliasName: 'prod', versionId: '1', additionalVersionWeight: { 2: 0.1 } };
    const versions = [{ versionId: '2' }, { versionId: '1' }];
    const { release, alias } = anOperatorWith({ versions, aliases: { prod }, isChanged: false });
    const back = await release('rollback');
    expect(back.answer).toMatchObject({ now: { versionId: '1' } });
    expect(alias()).toMatchObject({ versionId: '1', additionalVersionWeight: {} });
    // The build is the same: it cannot be published twice, but given its share again.
    const again = await release('canary', '10');
    expect(again).toMatchObject({ code: 101, stdout: '' });
    expect(again.stderr).toContain('name it with --version 2');
    expect(await release('canary', '10', '--version', '2')).toMatchObject({ code: 0 });
    expect(alias()).toMatchObject({ additionalVersionWeight: { 2: 0.1 } });
  });

  it('is given its share and taken back by the real tool, too', async () => {
    const { release, alias } = anOperatorWith(FIRST, { quick: false });
    expect(await release('canary', '10')).toMatchObject({
      code: 0,
      answer: { now: { versionId: '1', canary: { versionId: '2', percent: 10 } } },
    });
    expect(alias()).toMatchObject({ versionId: '1', additionalVersionWeight: { 2: 0.1 } });
    expect(await release('rollback')).toMatchObject({ code: 0, answer: { now: { versionId: '1' } } });
    expect(alias()).toMatchObject({ versionId: '1', additionalVersionWeight: {} });
  }, 180_000);

  it('is not there after a dry run, which says what would be done', async () => {
    const { release, sent } = anOperatorWith(FIRST);
    const { answer } = await release('canary', '10', '--dry-run');
    expect(answer).toMatchObject({ done: false, now: { versionId: '1' } });
    expect(answer.commands.map((command: string[]) => command.slice(0, 3))).toEqual([
      ['router', 'version', 'publish'],
      ['router', 'alias', 'publish'],
    ]);
    expect(answer.commands[1]).toContain('{"new":0.1}');
    expect(sent()).toEqual([]);
  });

  it('is refused where it makes no sense, and nothing is sent', async () => {
    const { release, sent } = anOperatorWith(FIRST);
    const refused = await release('rollback', '--version', '9');
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: 'There is no version 9. There are 1.\n' });
    expect(sent()).toEqual([]);
  });

  it('is told to a person with the ways from here, and where callers do not come by the alias', async () => {
    const operator = anOperator({ ...ENVIRONMENT, ROUTER_QUALIFIER: 'LATEST' }, { quick: true });
    operator.put({ 'sublet-router': DEPLOYED });
    const first = await operator.run('release', ['promote', '--at-once', '--profile', 'small']);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toBe(
      'Before: There is no alias.\nNow:    Version 1 gets all calls.\n\nVersion 1 is the first; there is none to go back to.\n\n' +
        'Callers do not meet the alias prod yet: ROUTER_QUALIFIER is LATEST. With ROUTER_DOMAIN and ROUTER_QUALIFIER=prod in .env, ' +
        '`npm run deploy` makes a domain that leads to it; one that is there already is led there in the console (docs/upgrade.md).\n',
    );
  });

  it('is not believed in where the tool says no more than that it cannot look', async () => {
    const { run, release } = anOperatorWith(DEPLOYED, { quick: false });
    const refused = await run('release', ['show', '--profile', 'small'], { CLOUD_REFUSES: 'alias list' });
    expect(refused).toMatchObject({ code: 101, stdout: '' });
    expect(refused.stderr).toContain('AccessDenied: alias list');
    expect((await release('show')).answer).toMatchObject({ before: null, versions: [] });
  });

  it('is published and met by nobody where the alias cannot be changed', async () => {
    const { run, alias } = anOperatorWith(FIRST);
    const failed = await run('release', ['canary', '10', '--profile', 'small'], {
      CLOUD_REFUSES: 'alias publish',
    });
    expect(failed).toMatchObject({ code: 101, stdout: '' });
    expect(failed.stderr).toContain(
      'The alias prod was not changed. Version 2 is published, and nobody meets it.',
    );
    expect(alias()).toMatchObject({ versionId: '1', additionalVersionWeight: {} });
  });
});
