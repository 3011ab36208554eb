import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from '#shared/db/migrate.ts';
import { startLocalFc } from '../../local/fc/local-fc.ts';
import type { FunctionSpec } from '../../local/fc/spec.ts';
import { startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { atEnd } from '../helpers/at-end.ts';
import { Books } from '../helpers/chaos-books.ts';
import { Stage } from '../helpers/chaos-stage.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { routerSpec } from '../helpers/router-spec.ts';
import { type EarlierBuild, earlierBuild } from './earlier-build.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** The earlier build as version 1 and this one as version 2, behind one address, on a database as the earlier one had it. */
export async function twoVersions(commit: string) {
  const earlier = await earlierBuild(commit);
  const DATABASE_URL = await aDatabaseUrl({ migrated: false });
  await migrate(DATABASE_URL, join(earlier.folder, 'migrations'));
  const secrets = { DATABASE_URL, KEY_PEPPER: randomBytes(32).toString('hex') };
  const stage = new Stage();
  const fake = await startFakeOllama({ models: stage.models, numParallel: 1_000 });
  atEnd(() => fake.stop());
  const key = await aTenant(earlier, secrets, fake.url);
  const [before, now] = await Promise.all([
    routerSpec(secrets, join(earlier.folder, 's.yaml')),
    routerSpec(secrets),
  ]);
  const fc = await startLocalFc({ functions: [inSmallInstances(now)] });
  atEnd(() => fc.stop());
  const router = fc.functions.get('router')!;
  router.publishVersion(inSmallInstances(before));
  router.publishVersion(inSmallInstances(now));
  return {
    router,
    key,
    books: new Books(DATABASE_URL),
    /** As the step of a deploy does. */
    migrate: () => migrate(DATABASE_URL, MIGRATIONS),
    /** Gives version 2 this share of the calls, as canary, promote and rollback do. */
    share(weight: number) {
      const [versionId, other] = weight === 1 ? ['2', '1'] : ['1', '2'];
      const canary = weight > 0 && weight < 1 ? { additionalVersionWeight: { [other]: weight } } : {};
      router.pointAlias({ aliasName: 'prod', versionId, ...canary });
    },
    stage,
    earlier,
  };
}

/** So that a handful of callers meets several processes of a version. */
const inSmallInstances = (spec: FunctionSpec): FunctionSpec => ({ ...spec, instanceConcurrency: 4 });

/** A tenant with limits of all kinds and a model, made with the command line of that time; gives its key. */
async function aTenant(
  { sublet }: EarlierBuild,
  secrets: Record<string, string>,
  ollama: string,
): Promise<string> {
  const run = (command: string, ...more: string[]) => sublet(secrets, ...command.split(' '), ...more);
  await run(`upstreams add ollama --backend ollama --address ${ollama}`);
  await run('models add ollama/scripted');
  await run('routes add ollama/scripted ollama --upstream-model scripted-natively');
  await run('consumers create acme --limit tokens/month=10000000,requests/hour=1000000,parallel=1000');
  const made = await run('keys create --consumer acme --name laptop --json');
  return (JSON.parse(made) as { token: string }).token;
}
