import process from 'node:process';
import { type Command, CommanderError } from 'commander';
import { failureOf } from './failure.ts';
import { withAllBelow } from './group.ts';

/** Runs a command line; what goes wrong becomes one line and an exit code. */
export async function run(program: Command, argv: string[]): Promise<void> {
  for (const command of withAllBelow(program))
    command.exitOverride().configureOutput({ outputError: () => {} });
  process.stdout.on('error', leaveWithReader);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // help
    tellFailure(error, { asJson: argv.includes('--json') });
  }
}

function tellFailure(error: unknown, { asJson }: { asJson: boolean }): void {
  const { exitCode, ...failure } = failureOf(error);
  process.exitCode = exitCode;
  const isHelp = error instanceof CommanderError && error.code === 'commander.help';
  if (isHelp)
    failure.message = 'No command was given.'; // the help stands on standard error already
  else process.stderr.write(`${failure.message}\n`);
  if (asJson) process.stdout.write(`${JSON.stringify({ error: failure })}\n`);
}

/** Whoever reads us may stop, as `head` does; that is no failure. */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
