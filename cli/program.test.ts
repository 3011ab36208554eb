import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { withAllBelow } from './group.ts';
import { subletProgram } from './program.ts';

const [program, ...commands] = withAllBelow(subletProgram());
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
const isGroup = (command: Command) => command.commands.length > 0 && command.name() !== 'usage';

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

describe('the help', () => {
  it.each(commands.map((command) => [pathOf(command), command] as const))(
    'of %s has a sentence and --json, and an example if it does something',
    (path, command) => {
      const help = helpOf(command);
      expect(help).toContain(`Usage: ${path} `);
      expect(command.description()).toMatch(/^[A-Z].*[^.]\.?$/);
      expect(help).toContain('--json');
      if (!isGroup(command)) expect(help).toContain(path.replace(/^sublet/, 'npm run sublet --'));
    },
  );

  it('of the whole tells the exit codes and the form of errors', () => {
    const help = helpOf(program!);
    for (const word of ['DATABASE_URL', 'KEY_PEPPER', 'Exit codes', '{"error":{"code","message"}}'])
      expect(help).toContain(word);
  });

  it('has an example for each command that the command itself understands', () => {
    for (const command of commands.filter((each) => !isGroup(each))) {
      const words = /Example:\n {2}npm run sublet -- (.*)/.exec(helpOf(command))![1]!.split(' ');
      const own = words.slice(pathOf(command).split(' ').length - 1);
      expect(() => understand(command, own), words.join(' ')).not.toThrow();
    }
  });
});

/** Parses as commander does, without running anything. */
function understand(command: Command, words: string[]): void {
  command.exitOverride().action(() => {});
  command.parse(words, { from: 'user' });
}
