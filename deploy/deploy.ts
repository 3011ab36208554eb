import { Command, Option } from 'commander';
import { reasonOf } from '../local/start/reason-of.ts';
import { buildBundles, MIGRATIONS } from './build-bundles.ts';
import { checkEnvironment } from './environment/check-environment.ts';
import { PROFILES, type Profile } from './environment/profiles.ts';
import { readEnvironment } from './environment/read-environment.ts';
import { exitCodeOf } from './exit-code.ts';
import { Refusal } from './refusal.ts';
import { askHealth } from './steps/ask-health.ts';
import { hideSecrets } from './steps/hide-secrets.ts';
import { migrateHere, migrateInside } from './steps/migrate-database.ts';
import { type Step, takeSteps } from './steps/step.ts';
import { serverlessDevs } from './tool/serverless-devs.ts';

interface Options {
  profile: Profile;
  migrate: 'inside' | 'here';
  router?: string;
  check?: boolean;
}

/** `s` works where s.yaml and .env are, which is where `npm run` starts this. */
const DIRECTORY = process.cwd();

const environment = readEnvironment(DIRECTORY, process.env);
const { show, end } = hideSecrets(environment, (text) => void process.stdout.write(text));
const tool = serverlessDevs({ directory: DIRECTORY, environment: process.env, show });

const NOTHING_SENT = 'Nothing was sent, and nothing has changed.';

const checking = ({ profile }: Options): Step => ({
  title: 'Check the environment',
  async run() {
    const { problems, notes } = checkEnvironment(profile, environment);
    if (problems.length === 0) return notes.length > 0 ? notes.join('\n') : undefined;
    throw new Refusal(
      `it is not right for the profile ${profile}:\n${problems.map((each) => `  ${each}\n`).join('')}`,
    );
  },
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

const migrating = ({ migrate }: Options): Step => ({
  title: `Bring the database to the newest schema, ${migrate === 'here' ? 'from here' : 'from inside the VPC'}`,
  run: () =>
    migrate === 'here'
      ? migrateHere(environment.DATABASE_URL ?? '', MIGRATIONS)
      : migrateInside(tool, MIGRATIONS),
  ifFailed:
    'No function that serves was touched. The schema is either as it was or the newest; what serves works with both. Deploy again.',
});

const deploying = ({ profile }: Options): Step => ({
  title: `Deploy ${PROFILES[profile]}`,
  async run() {
    await tool.act('deploy', '-y', '-t', PROFILES[profile]);
    return undefined;
  },
  ifFailed:
    'Some functions may be new and others as before: they work together, on the newest schema. Deploy again; what is done already is not sent twice.',
});

/** Where callers meet the router, as far as this is known. */
const routerUrl = ({ router }: Options): string | undefined =>
  router ?? (environment.ROUTER_DOMAIN ? `http://${environment.ROUTER_DOMAIN}` : undefined);

const asking = (url: string): Step => ({
  title: 'Ask the router whether it is well',
  run: () => askHealth(url),
  ifFailed: 'All is deployed. `s router logs` says more; docs/upgrade.md says how to go back.',
});

/** What of it callers meet now. */
function farewell(url: string | undefined): string {
  const unasked = 'No address of the router is known here, so nobody asked it: --router <url>.\n';
  const qualifier = environment.ROUTER_QUALIFIER || 'LATEST';
  const met =
    qualifier === 'LATEST'
      ? 'Deployed, and met by all callers.'
      : `Deployed. Callers by ${environment.ROUTER_DOMAIN || 'its domain'} meet the alias ${qualifier} as before: \`npm run canary -- 10\` gives the new router a share of the calls.`;
  return `${url === undefined ? unasked : ''}${met}`;
}

async function deploy(options: Options): Promise<void> {
  const output = { show: (text: string) => show(text), reasonOf };
  if (options.check) return await takeSteps([checking(options)], output);
  const url = routerUrl(options);
  const health = url === undefined ? [] : [asking(url)];
  const steps = [checking(options), building, migrating(options), deploying(options), ...health];
  await takeSteps(steps, output);
  show(`\n${farewell(url)}\n`);
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
  .option('--router <url>', 'where to ask the router whether it is well (http:// and ROUTER_DOMAIN)')
  .option('--check', 'look at the environment, and do nothing more')
  .action(deploy);

await program
  .parseAsync()
  .catch((error: unknown) => {
    end();
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  })
  .finally(end);
