import { Command, Option } from 'commander';
import { PROFILES, type Profile } from './environment/profiles.ts';
import { readEnvironment } from './environment/read-environment.ts';
import { carryOut, commandsOf } from './release/carry-out.ts';
import { canary, type Plan, promote, rollback } from './release/plan.ts';
import { type Present, readPresent } from './release/release.ts';
import { type Outcome, tellOutcome } from './release/tell.ts';
import { runProgram } from './run-program.ts';
import { hideSecrets } from './steps/hide-secrets.ts';
import { serverlessDevs } from './tool/serverless-devs.ts';

interface Options {
  profile: Profile;
  version?: string;
  atOnce?: boolean;
  json?: boolean;
  dryRun?: boolean;
}

/** `s` works where s.yaml and .env are, which is where `npm run` starts this. */
const DIRECTORY = process.cwd();

const environment = readEnvironment(DIRECTORY, process.env);
// Standard output is for the answer.
const { show, end } = hideSecrets(environment, (text) => void process.stderr.write(text));

/** Reads what there is, plans, and does it unless this is a dry run. */
async function outcomeOf(
  options: Options,
  planned: (present: Present) => Plan | undefined,
): Promise<Outcome> {
  const qualifier = environment.ROUTER_QUALIFIER || 'LATEST';
  const specFile = PROFILES[options.profile];
  const tool = serverlessDevs({ directory: DIRECTORY, environment: process.env, show });
  const present = await readPresent(tool, specFile, qualifier === 'LATEST' ? 'prod' : qualifier);
  const plan = planned(present);
  const commands = plan ? commandsOf(specFile, present, plan) : [];
  if (!plan || options.dryRun) return { present, now: present.release, commands, isDone: false, qualifier };
  const now = await carryOut({ tool, specFile }, present, plan);
  return { present, now, commands, isDone: true, qualifier };
}

function tell(outcome: Outcome, { json }: Options): void {
  const { present, now = null, commands, isDone } = outcome;
  const { aliasName, release: before = null, versions } = present;
  const answer = { alias: aliasName, versions, before, now, done: isDone, commands };
  process.stdout.write(json ? `${JSON.stringify(answer)}\n` : tellOutcome(outcome));
}

const withOptions = (command: Command) =>
  command
    .addOption(
      new Option('--profile <profile>', 'what is deployed').choices(Object.keys(PROFILES)).default('gpu'),
    )
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'one JSON object on standard output');

const VERSION = ['--version <id>', 'a version that there is, in the place of'] as const;

const program = new Command('release')
  .description('Which version of the router callers meet, by its alias.')
  .addCommand(
    withOptions(new Command('show').description('Who gets the calls now.')).action(async (options: Options) =>
      tell(await outcomeOf(options, () => undefined), options),
    ),
  )
  .addCommand(
    withOptions(
      new Command('canary').description('Publish what was deployed, and give it a share of the calls.'),
    )
      .argument('<percent>', 'of a hundred calls, from 1 to 99')
      .option(VERSION[0], `${VERSION[1]} what was deployed; or the canary that there is, for another share`)
      .action(async (percent: string, options: Options) =>
        tell(
          await outcomeOf(options, (present) => canary(present, Number(percent), options.version)),
          options,
        ),
      ),
  )
  .addCommand(
    withOptions(new Command('promote').description('Give all calls to the canary.'))
      .option('--at-once', 'without a canary: publish what was deployed, and give it all calls')
      .option(VERSION[0], `${VERSION[1]} what was deployed; with --at-once`)
      .action(async (options: Options) =>
        tell(
          await outcomeOf(options, (present) =>
            promote(present, { atOnce: options.atOnce ?? false, wanted: options.version }),
          ),
          options,
        ),
      ),
  )
  .addCommand(
    withOptions(
      new Command('rollback').description(
        'Give no calls to the canary; without one, go back to the version before.',
      ),
    )
      .option(VERSION[0], `${VERSION[1]} the one before`)
      .action(async (options: Options) =>
        tell(await outcomeOf(options, (present) => rollback(present, options.version)), options),
      ),
  );

await runProgram(program, end);
