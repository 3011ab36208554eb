import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { subletProgram } from '../../cli/program.ts';
import { guides, textOf } from './guides.ts';

const SCRIPTS = Object.keys(JSON.parse(textOf('package.json')).scripts);

/** Everything that npm is told to run, with what comes after `--`. */
function npmRunsOf(text: string): { script: string; rest: string }[] {
  const runs = text.matchAll(/npm run (?:--?[\w-]+ )*([a-z][\w:-]*)((?: -- [^`\n|#]*)?)/g);
  return [...runs].map(([, script, rest]) => ({ script: script!, rest: rest!.replace(' -- ', '') }));
}

const GROUPS = subletProgram().commands.map((each) => each.name());

/** In prose a command often stands without `npm run sublet --`. */
const spokenOf = (text: string): string[] =>
  [...text.matchAll(new RegExp(`\`((?:${GROUPS.join('|')}) [a-z-][^\`\\n]*)\``, 'g'))].map(
    ([, words]) => words!,
  );

/** What is wrong with a command of the command line, as far as its name and its options tell. */
function mistakeIn(words: readonly string[]): string | undefined {
  let command: Command = subletProgram();
  const options = [...command.options];
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (next) {
      command = next;
      options.push(...next.options);
    } else if (/^--[a-z]/.test(word)) {
      const name = word.split('=', 1)[0]!;
      if (name !== '--help' && !options.some(({ long }) => long === name)) return `no option ${name}`;
    } else if (command.commands.length > 0 && /^[a-z]+$/.test(word) && !hasAction(command)) {
      return `no command ${word}`;
    }
  }
  return undefined;
}

/** `usage` is a command and has one below it. */
const hasAction = (command: Command) => command.options.length > 0;

describe.each(guides())('%s', (guide) => {
  const runs = npmRunsOf(textOf(guide));

  it('names scripts that package.json has', () => {
    expect(runs.filter(({ script }) => !SCRIPTS.includes(script)).map(({ script }) => script)).toEqual([]);
  });

  it('names commands and options that the command line has', () => {
    const told = runs.filter(({ script }) => script === 'sublet').map(({ rest }) => rest);
    const mistakes = [...told, ...spokenOf(textOf(guide))]
      .map((words) => ({ words, mistake: mistakeIn(words.split(/\s+/).filter(Boolean)) }))
      .filter(({ mistake }) => mistake !== undefined);
    expect(mistakes).toEqual([]);
  });
});

it('a command that is not there would be found', () => {
  expect(spokenOf('then `keys turn 2`, as `models` are')).toEqual(['keys turn 2']);
  expect(mistakeIn(['keys', 'rotate', '2', '--grace', '0'])).toBeUndefined();
  expect(mistakeIn(['keys', 'turn', '2'])).toBe('no command turn');
  expect(mistakeIn(['keys', 'rotate', '2', '--mercy', '0'])).toBe('no option --mercy');
});
