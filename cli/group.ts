import { Command } from 'commander';

/** How a person calls it. */
export const PROGRAM = 'npm run sublet --';

/** A command of other commands. */
export function group(name: string, description: string, commands: Command[]): Command {
  const made = withHelp(new Command(name).description(description));
  for (const command of commands) made.addCommand(command);
  return made;
}

/** A command, with an example of it in its help. */
export function command(name: string, description: string, example: string): Command {
  const made = withHelp(new Command(name).description(description));
  return made.addHelpText('after', `\nExample:\n  ${PROGRAM} ${example}`);
}

/** `--json` belongs to all commands and stands in the help of each. */
const withHelp = (made: Command) => made.configureHelp({ showGlobalOptions: true });

export const withAllBelow = (top: Command): Command[] => [top, ...top.commands.flatMap(withAllBelow)];
