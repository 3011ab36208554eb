import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { keepRenderer } from '../local/fc/render.ts';
import { reasonOf } from '../local/start/reason-of.ts';
import { buildBundles } from './build-bundles.ts';
import { MIGRATIONS } from './build-migration.ts';
import { holdRoom, shareOf } from './connections/room.ts';
import { usesIn } from './connections/uses.ts';
import { PROFILES, type Profile } from './environment/profiles.ts';
import { readEnvironment } from './environment/read-environment.ts';
import { farewell } from './farewell.ts';
import { runProgram } from './run-program.ts';
import { addressOf, askHealth } from './steps/ask-health.ts';
import { checkVariables } from './steps/check-variables.ts';
import { hideSecrets } from './steps/hide-secrets.ts';
import { migrateHere, migrateInside } from './steps/migrate-database.ts';
import { type Step, takeSteps } from './steps/step.ts';
import { serverlessDevs } from './tool/serverless-devs.ts';

interface Options {
  profile: Profile;
  migrate: 'inside' | 'here';
  /** Of a pooler before the database. */
  connections?: number;
  router?: string;
  check?: boolean;
  first?: boolean;
}

/** `s` works where s.yaml and .env are, which is where `npm run` starts this. */
const DIRECTORY = process.cwd();

const environment = readEnvironment(DIRECTORY, process.env);
const { show, end } = hideSecrets(environment, (text) => void process.stdout.write(text));
/** By which callers are to meet the router at its domain. */
const qualifier = environment.ROUTER_QUALIFIER || 'LATEST';
const tool = serverlessDevs({ directory: DIRECTORY, environment: process.env, show });

keepRenderer(); // s.yaml is looked at in more than one step

const NOTHING_SENT = 'Nothing was sent, and nothing has changed.';

const checking = ({ profile, migrate, first: isFirst = false }: Options): Step => ({
  title: 'Check the environment',
  run: () => checkVariables({ directory: DIRECTORY, environment, profile, migrate, isFirst }),
  ifFailed: NOTHING_SENT,
});

const building: Step = {
  title: 'Build the bundles',
  async run() {
    await buildBundles();
    return undefined;
  },
  ifFailed: NOTHING_SENT,
};

const migrating = ({ profile, migrate, connections: ofPooler }: Options): Step => ({
  title: `Bring the database to the newest schema, ${migrate === 'here' ? 'from here' : 'from inside the VPC'}`,
  async run() {
    const { newest, connections } =
      migrate === 'here'
        ? await migrateHere(environment.DATABASE_URL!, MIGRATIONS)
        : await migrateInside(tool, MIGRATIONS);
    const uses = await usesIn(join(DIRECTORY, PROFILES[profile]), environment);
    return `The database has the newest schema, ${newest}.\n${holdRoom(uses, ofPooler ?? shareOf(connections))}`;
  },
  ifFailed:
    'No function that serves was touched. The schema is either as it was or the newest; what serves works with both. Deploy again.',
});

const deploying = ({ profile }: Options): Step => ({
  title: `Deploy ${PROFILES[profile]}`,
  async run() {
    // Images are pushed before. The tool would push what happens to be here under their tags, at every deploy.
    // And what was built before the migration is what is sent: the action that builds is skipped.
    await tool.act('deploy', '-y', '--skip-push', '--skip-actions', '-t', PROFILES[profile]);
    return undefined;
  },
  ifFailed:
    'Some functions may be new and others as before: they work together, on the newest schema. Deploy again; what is done already is not sent twice.',
});

/** Where callers meet the router, as far as this is known. */
function routerUrl({ router }: Options): string | undefined {
  const { ROUTER_DOMAIN: domain, ROUTER_DOMAIN_PROTOCOL: protocol } = environment;
  return router ?? (domain ? `${(protocol || 'HTTP').toLowerCase()}://${domain}` : undefined);
}

const asking = (url: string): Step => ({
  title: 'Ask the router whether it is well',
  run: () => askHealth(url, qualifierAt(url)),
  ifFailed: 'All is deployed. `s router logs` says more; docs/upgrade.md says how to go back.',
});

/** Of the domain it is known by what callers are to meet it; of other addresses not. */
const qualifierAt = (url: string) =>
  new URL(url).hostname === environment.ROUTER_DOMAIN ? qualifier : undefined;

async function deploy(options: Options): Promise<void> {
  const output = { show: (text: string) => show(text), reasonOf };
  if (options.check) return await takeSteps([checking(options)], output);
  const url = routerUrl(options);
  const health = url === undefined ? [] : [asking(url)];
  const steps = [checking(options), building, migrating(options), deploying(options), ...health];
  await takeSteps(steps, output);
  show(`\n${farewell({ url, qualifier })}\n`);
}

function countOf(said: string): number {
  if (/^[1-9]\d{0,5}$/.test(said)) return Number(said);
  throw new InvalidArgumentError('It must be a whole number.');
}

const program = new Command('deploy')
  .description('Check, build, migrate, deploy, and look whether it serves. May be run again at any time.')
  .addOption(
    new Option('--profile <profile>', 'what is deployed').choices(Object.keys(PROFILES)).default('gpu'),
  )
  .addOption(
    new Option(
      '--migrate <where>',
      'by a function inside the VPC, or from here where the database can be reached',
    )
      .choices(['inside', 'here'])
      .default('inside'),
  )
  .option('--connections <n>', 'what a pooler before the database takes; otherwise that is asked', countOf)
  .option('--router <url>', 'where to ask the router whether it is well (ROUTER_DOMAIN)', addressOf)
  .option('--first', 'nothing is deployed yet: the addresses that the cloud makes up may wait')
  .option('--check', 'look at the environment, and do nothing more')
  .action(deploy);

await runProgram(program, end);
