import { type Tool, ToolFailure } from '../tool/serverless-devs.ts';
import { NEW, type Plan } from './plan.ts';
import { type Present, pointing, publishing, type Release, readRelease, readVersions } from './release.ts';

interface Place {
  tool: Tool;
  specFile: string;
}

/** The commands of `s` that a plan comes to. */
export function commandsOf(specFile: string, present: Present, plan: Plan): string[][] {
  const commands = [pointing(specFile, present.aliasName, plan)];
  return isNew(plan) ? [publishing(specFile, describe()), ...commands] : commands;
}

/** Does what is planned, and looks whether it is so afterwards. @throws Error that says what is the case then */
export async function carryOut(place: Place, present: Present, plan: Plan): Promise<Release> {
  const { tool, specFile } = place;
  const to = isNew(plan) ? named(plan, await publish(place, present)) : plan;
  await tool.act(...pointing(specFile, present.aliasName, to)).catch((cause: unknown) => {
    const rest = isNew(plan) ? ` Version ${versionsOf(to)[0]} is published, and nobody meets it.` : '';
    throw new Error(`The alias ${present.aliasName} was not changed.${rest}`, { cause });
  });
  const now = await readRelease(tool, specFile, present.aliasName);
  if (now && isSame(now, to)) return now;
  throw new Error(
    `The alias ${present.aliasName} was to be ${JSON.stringify(to)} and is ${JSON.stringify(now ?? null)}.`,
  );
}

async function publish({ tool, specFile }: Place, { versions }: Present): Promise<string> {
  try {
    await tool.act(...publishing(specFile, describe()));
  } catch (cause) {
    if (!(cause instanceof ToolFailure) || versions.length === 0) throw cause;
    const hint = `Where nothing was deployed since version ${versions[0]}, there is nothing to publish: name it with --version ${versions[0]}.`;
    throw new Error(`No version was published; nothing has changed. ${hint}`, { cause });
  }
  const now = await readVersions(tool, specFile);
  const published = now.find((id) => !versions.includes(id));
  if (published === undefined) throw new Error('No new version is there after publishing one.');
  return published;
}

const describe = () => `sublet ${new Date().toISOString()}`;

const isNew = (plan: Plan) => versionsOf(plan).includes(NEW);

/** The one whom this is about first. */
const versionsOf = ({ versionId, canary }: Release) => (canary ? [canary.versionId, versionId] : [versionId]);

function named(plan: Plan, id: string): Release {
  const { versionId, canary } = plan;
  const named = (each: string) => (each === NEW ? id : each);
  return {
    ...plan,
    versionId: named(versionId),
    ...(canary && { canary: { ...canary, versionId: named(canary.versionId) } }),
  };
}

const isSame = (one: Release, other: Release) =>
  one.versionId === other.versionId &&
  one.canary?.versionId === other.canary?.versionId &&
  one.canary?.percent === other.canary?.percent;
