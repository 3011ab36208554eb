import type * as z from 'zod';
import { acrossVariables, wasteIn } from './across-variables.ts';
import { unfinished } from './examples.ts';
import type { LobeChat, Profile } from './profiles.ts';
import { variablesOf } from './variables.ts';

export type Environment = Readonly<Record<string, string>>;

export interface Checked {
  /** What keeps the deploy from being right, each `NAME: what is wrong`; never a value. Empty: nothing does. */
  problems: string[];
  /** What keeps it from nothing: what will be right after the deploy, if it is the first, and what is paid for in vain. */
  notes: string[];
}

/**
 * Holds an environment against all that a profile asks for, before anything is sent.
 *
 * Empty counts as absent, as it does for the tool and for every function. Variables that the profile does not ask for
 * are nobody's business: one .env serves all profiles.
 *
 * @param isFirst nothing is deployed yet, so that nobody knows the addresses that Function Compute makes up
 */
export function checkEnvironment(profile: Profile, given: Environment, { isFirst = false } = {}): Checked {
  const choice = { profile, lobechat: lobechatOf(given) };
  const variables = variablesOf(choice);
  const environment = Object.fromEntries(
    Object.keys(variables).flatMap((name) => (given[name] ? [[name, given[name]]] : [])),
  );
  const { problems, notes } = unfinished(environment, isFirst);
  const known = new Set(problems.map(nameIn));
  const own = Object.entries(variables)
    .filter(([name]) => !known.has(name))
    .flatMap(([name, schema]) => problemsOf(name, schema, environment[name]));
  const malformed = new Set([...known, ...own.map(nameIn)]);
  const sound = Object.fromEntries(Object.entries(environment).filter(([name]) => !malformed.has(name)));
  return {
    problems: [...problems, ...own, ...acrossVariables(choice, sound, malformed)],
    notes: [...notes, ...wasteIn(sound)],
  };
}

function problemsOf(name: string, schema: z.ZodType, value: string | undefined): string[] {
  // The tool expands it, and the function would get something else.
  if (value?.includes('$')) return [`${name}: must not have a $; the tool would expand it`];
  const issues = schema.safeParse(value).error?.issues ?? [];
  if (value === undefined) return issues.length > 0 ? [`${name}: is missing`] : [];
  return issues.map(({ path, message }) => `${[name, ...path].join('.')}: ${message}`);
}

const nameIn = (problem: string) => problem.slice(0, problem.search(/[.:]/));

/** What cannot be understood is reported as malformed, and all else as for the image that there is now. */
function lobechatOf({ LOBECHAT = '' }: Environment): LobeChat {
  return LOBECHAT === '1' || LOBECHAT === 'none' ? LOBECHAT : '2';
}
