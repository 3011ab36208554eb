import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, findingsIn, renderBundle } from './bundle.ts';
import { UNKNOWN, valueAt } from './check.ts';
import { exampleEnvironment, S_YAML } from './example-environment.ts';
import { edited, GONE, type Mistake } from './mistake.ts';

const S_MIGRATION = new URL('../../s-migration.yaml', import.meta.url).pathname;

let bundle: Bundle;
let router: Bundle[string];
beforeAll(async () => {
  bundle = await renderBundle(S_MIGRATION, exampleEnvironment('small', 'none'));
  router = (await renderBundle(S_YAML, exampleEnvironment())).router!;
});

describe('s-migration.yaml', () => {
  it('has one function, and says of it what the other profiles say of theirs', () => {
    expect(Object.keys(bundle)).toEqual(['migration']);
    expect(findingsIn(bundle)).toEqual([]);
  });

  it('lets it stand where the router stands', () => {
    const { migration } = bundle;
    for (const path of ['region', 'runtime', 'handler', 'layers', 'role', 'vpcConfig', 'logConfig'])
      expect([path, valueAt(migration!.props, path)]).toEqual([path, valueAt(router!.props, path)]);
  });

  it('keeps it off the Internet, and lets one at a time migrate', () => {
    expect(bundle.migration!.props).toMatchObject({
      internetAccess: false,
      instanceConcurrency: 1,
      concurrencyConfig: { reservedConcurrency: 1 },
    });
  });
});

describe('planted in s-migration.yaml, it is found:', () => {
  const mistakes: Mistake[] = [
    ['an unknown name', { instanceConcurency: 1 }, `instanceConcurency: ${UNKNOWN}`],
    ['a number in quotes', { timeout: '900' }, 'timeout: must be a number, not a string'],
    ['a timeout of two days', { timeout: 172_800 }, 'timeout: 172800 is not in 1..86400'],
    ['another runtime', { runtime: 'nodejs20' }, 'runtime: must be custom.debian12 or custom-container'],
    [
      'nothing that keeps the idle ones',
      { provisionConfig: GONE },
      'provisionConfig: is missing; a number set in the console would be taken back at each deploy',
    ],
    [
      'no database',
      { 'environmentVariables.DATABASE_URL': '' },
      'environmentVariables.DATABASE_URL: is missing; the function needs it',
    ],
    [
      'a database that is none',
      { 'environmentVariables.DATABASE_URL': 'mysql://u:p@h/d' },
      'environmentVariables.DATABASE_URL: must be a postgres:// URL',
    ],
    [
      'what it does not read',
      { 'environmentVariables.KEY_PEPPER': 'x' },
      'environmentVariables.KEY_PEPPER: the function does not read it',
    ],
    [
      'a door',
      { triggers: [{ triggerName: 'http', triggerType: 'http', triggerConfig: { methods: ['POST'] } }] },
      'triggers.0: must not be there; only an invocation shall reach it',
    ],
  ];
  const named = mistakes.map(([title, edits, ...findings]) => ({ title, edits, findings }));
  it.each(named)('$title', ({ edits, findings }) => {
    const inMigration = Object.entries(edits).map(([path, value]) => [`migration.props.${path}`, value]);
    expect(findingsIn(edited(bundle, Object.fromEntries(inMigration)))).toEqual(
      findings.map((finding) => `migration.props.${finding}`),
    );
  });
});
