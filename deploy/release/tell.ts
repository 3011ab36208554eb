import type { Present, Release } from './release.ts';

export interface Outcome {
  /** What there was before. */
  present: Present;
  /** Who gets the calls now; absent before the first promotion. */
  now?: Release | undefined;
  /** What was done, or would be: commands of `s`. */
  commands: string[][];
  isDone: boolean;
  /** Where the router's domain leads. */
  qualifier: string;
}

/** For a person: who gets the calls, and what can be done from here. */
export function tellOutcome({ present, now, commands, isDone, qualifier }: Outcome): string {
  const paragraphs = [
    isDone ? `Before: ${tellRelease(present.release)}\nNow:    ${tellRelease(now)}` : tellRelease(now),
    !isDone && commands.length > 0
      ? `Nothing was done. It would be:\n${commands.map(shown).join('\n')}`
      : undefined,
    now && tellWays(now),
    qualifier === present.aliasName ? undefined : tellDetour(present.aliasName, qualifier),
  ];
  return `${paragraphs.filter((each) => each !== undefined).join('\n\n')}\n`;
}

function tellRelease(release: Release | undefined): string {
  if (!release) return 'There is no alias.';
  const { versionId, canary } = release;
  if (!canary) return `Version ${versionId} gets all calls.`;
  return `Version ${canary.versionId} gets ${canary.percent} % of the calls, version ${versionId} the rest.`;
}

function tellWays({ canary, versionId, before }: Release): string {
  if (canary)
    return [
      `More for it:  npm run canary -- 50 --version ${canary.versionId}`,
      'All for it:   npm run promote',
      'Back:         npm run rollback',
    ].join('\n');
  return before === undefined
    ? `Version ${versionId} is the first; there is none to go back to.`
    : `Back to version ${before}:  npm run rollback`;
}

/** Where callers do not come by the alias, its shares change nothing for them. */
const tellDetour = (aliasName: string, qualifier: string) =>
  `Callers do not meet the alias ${aliasName} yet: ROUTER_QUALIFIER is ${qualifier}. With ROUTER_DOMAIN and ` +
  `ROUTER_QUALIFIER=${aliasName} in .env, \`npm run deploy\` makes a domain that leads to it; one that is there ` +
  'already is led there in the console (docs/upgrade.md).';

/** As one would type it. */
const shown = (args: readonly string[]) =>
  ['s', ...args].map((each) => (/^[\w./:-]+$/.test(each) ? each : `'${each}'`)).join(' ');
