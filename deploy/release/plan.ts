import { Refusal } from '../refusal.ts';
import type { Present, Release } from './release.ts';

/** Stands for the version that is yet to be published. */
export const NEW = 'new';

/** Who is to get the calls; where `NEW` is among them, the function as it stands becomes a version first. */
export type Plan = Release;

/** Gives a share of the calls to the function as it stands, or to a version that there is. @throws Refusal */
export function canary(present: Present, percent: number, wanted?: string): Plan {
  if (!Number.isInteger(percent) || percent < 1 || percent > 99)
    throw new Refusal('The share of a canary is a whole number from 1 to 99, of a hundred calls.');
  const { release, aliasName } = present;
  if (!release)
    throw new Refusal(
      `There is no alias ${aliasName} yet: \`npm run promote -- --at-once\` makes the function as it stands the first version.`,
    );
  const underWay = release.canary;
  if (underWay && wanted !== underWay.versionId)
    throw new Refusal(
      `Version ${underWay.versionId} is a canary already, with ${underWay.percent} % of the calls. ` +
        `\`npm run canary -- ${percent} --version ${underWay.versionId}\` changes its share, \`npm run promote\` gives it all, \`npm run rollback\` none.`,
    );
  if (wanted !== undefined) assertPublished(present, wanted);
  if (wanted === release.versionId)
    throw new Refusal(`Version ${wanted} gets all calls already. A canary is another version.`);
  return { ...release, canary: { versionId: wanted ?? NEW, percent } };
}

interface Promotion {
  /** Without a canary: the function as it stands, or `wanted`, gets all calls. */
  atOnce: boolean;
  wanted?: string | undefined;
}

/** Gives all calls to the canary. @throws Refusal */
export function promote(present: Present, { atOnce, wanted }: Promotion): Plan {
  const { release } = present;
  const underWay = release?.canary;
  if (underWay && (atOnce || (wanted ?? underWay.versionId) !== underWay.versionId))
    throw new Refusal(
      `Version ${underWay.versionId} is a canary with ${underWay.percent} % of the calls. \`npm run promote\` gives it all; ` +
        '`npm run rollback` first, if it shall be another.',
    );
  if (underWay) return { versionId: underWay.versionId, before: release.versionId };
  if (!atOnce)
    throw new Refusal(
      'No canary is under way. `npm run canary -- 10` begins one; `npm run promote -- --at-once` does without.',
    );
  if (wanted !== undefined) assertPublished(present, wanted);
  if (wanted !== undefined && wanted === release?.versionId)
    throw new Refusal(`Version ${wanted} gets all calls already.`);
  return { versionId: wanted ?? NEW, ...(release && { before: release.versionId }) };
}

/** Ends a canary, or goes back to the version before. @throws Refusal */
export function rollback(present: Present, wanted?: string): Plan {
  const { release, aliasName, versions } = present;
  if (!release) throw new Refusal(`There is no alias ${aliasName}, so there is nothing to go back from.`);
  const { canary: underWay, ...stable } = release;
  if (underWay && wanted === undefined) return stable;
  const target = wanted ?? release.before;
  if (target === undefined)
    throw new Refusal(
      `Which version was before ${release.versionId} is not known. \`npm run rollback -- --version N\` names one of ${versions.join(', ')}.`,
    );
  assertPublished(present, target);
  if (target === release.versionId && !underWay)
    throw new Refusal(`Version ${target} gets all calls already.`);
  if (target === release.versionId) return stable;
  return { versionId: target, before: release.versionId };
}

function assertPublished({ versions }: Present, versionId: string): void {
  if (versions.includes(versionId)) return;
  const known = versions.length > 0 ? `There are ${versions.join(', ')}.` : 'None is published.';
  throw new Refusal(`There is no version ${versionId}. ${known}`);
}
