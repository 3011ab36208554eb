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

/** Everything that the tool is told to deploy by hand; the function that migrates has no image. */
const deploysOf = (text: string): string[] =>
  [...text.matchAll(/(?:^|[`\s])((?:npx )?s (?:[a-z][\w-]* )?deploy\b[^`\n]*)/gm)]
    .map(([, typed]) => typed!)
    .filter((typed) => !typed.includes('s-migration.yaml'));

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

  it('pushes no image along with a deploy by hand', () => {
    expect(deploysOf(textOf(guide)).filter((typed) => !typed.includes('--skip-push'))).toEqual([]);
  });

  it('names commands and options that the command line has', () => {
    const told = runs.filter(({ script }) => script === 'sublet').map(({ rest }) => rest);
    const mistakes = [...told, ...spokenOf(textOf(guide))]
      .map((words) => ({ words, mistake: mistakeIn(words.split(/\s+/).filter(Boolean)) }))
      .filter(({ mistake }) => mistake !== undefined);
    expect(mistakes).toEqual([]);
  });
});

it.each(['.env.example', 's.yaml', 's-small.yaml', 's-gpus.yaml'])(
  '%s pushes no image along with a deploy by hand',
  (file) => {
    expect(deploysOf(textOf(file)).filter((typed) => !typed.includes('--skip-push'))).toEqual([]);
  },
);

it('a deploy that pushes would be found', () => {
  expect(
    deploysOf('then `npx s lobechat deploy -y`, the gateway’s deploy, `npm run deploy`;\n  s deploy'),
  ).toEqual(['npx s lobechat deploy -y', 's deploy']);
});

it('a command that is not there would be found', () => {
  expect(spokenOf('then `keys turn 2`, as `models` are')).toEqual(['keys turn 2']);
  expect(mistakeIn(['keys', 'rotate', '2', '--grace', '0'])).toBeUndefined();
  expect(mistakeIn(['keys', 'turn', '2'])).toBe('no command turn');
  expect(mistakeIn(['keys', 'rotate', '2', '--mercy', '0'])).toBe('no option --mercy');
});
