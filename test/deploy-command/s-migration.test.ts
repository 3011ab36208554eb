import { describe, expect, it } from 'vitest';
import { MigrationConfig } from '../../deploy/migration/config.ts';
import { functionProps } from '../deploy/api-models.ts';
import { renderBundle } from '../deploy/bundle.ts';
import { valueAt } from '../deploy/check.ts';
import { exampleEnvironment, S_YAML } from '../deploy/example-environment.ts';
import { functionRules } from '../deploy/function-rules.ts';

const S_MIGRATION = new URL('../../s-migration.yaml', import.meta.url).pathname;

describe('the function that migrates', async () => {
  const { migration, ...others } = await renderBundle(S_MIGRATION, exampleEnvironment('small', 'none'));
  const { router } = await renderBundle(S_YAML, exampleEnvironment());

  it('is alone in its file, says nothing that FC does not know, and has no door to the outside', () => {
    expect(others).toEqual({});
    const findings = [functionProps, functionRules].flatMap((rule) => rule(migration!.props, 'migration'));
    expect(findings).toEqual(['migration.triggers: must have one http trigger, and has 0']);
  });

  it('stands where the router stands', () => {
    for (const path of ['region', 'runtime', 'handler', 'layers', 'role', 'vpcConfig', 'logConfig'])
      expect([path, valueAt(migration!.props, path)]).toEqual([path, valueAt(router!.props, path)]);
  });

  it('is given what it reads, and nothing else', () => {
    const given = Object.keys(valueAt(migration!.props, 'environmentVariables') as object);
    const wanted = Object.entries(MigrationConfig.shape).filter(
      ([, schema]) => !schema.safeParse(undefined).success,
    );
    expect(given).toEqual(wanted.map(([name]) => name));
  });
});
