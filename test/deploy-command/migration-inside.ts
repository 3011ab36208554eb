import { onTestFinished } from 'vitest';
import { buildMigration } from '../../deploy/build-migration.ts';
import { startLocalFc } from '../../local/fc/local-fc.ts';
import { readSpec } from '../../local/fc/read-spec.ts';
import { exampleEnvironment } from '../deploy/example-environment.ts';

const S_MIGRATION = new URL('../../s-migration.yaml', import.meta.url).pathname;

/** The function `migration` in its place inside the VPC; gives where FC would hand it an invocation. */
export async function migrationInside(databaseUrl: string): Promise<string> {
  await buildMigration();
  const functions = await readSpec(S_MIGRATION, {
    ...exampleEnvironment('small', 'none'),
    DATABASE_URL: databaseUrl,
  });
  const fc = await startLocalFc({ functions, freeze: false });
  onTestFinished(() => fc.stop());
  const { port } = await fc.functions.get('migration')!.warmUp();
  return `http://127.0.0.1:${port}/invoke`;
}
