import * as z from 'zod';
import type { Tool } from '../tool/serverless-devs.ts';

/** Who gets the calls of those who come by the alias. */
export interface Release {
  versionId: string;
  /** Another version, and how many of a hundred calls it gets. */
  canary?: { versionId: string; percent: number };
  /** The version that had all calls before this one; the alias keeps it in its description. */
  before?: string;
}

/** What there is in the cloud. */
export interface Present {
  aliasName: string;
  /** Absent before the first promotion. */
  release?: Release;
  /** Ids, the newest first. */
  versions: string[];
}

const Versions = z.array(z.looseObject({ versionId: z.string() }));
const Aliases = z.array(
  z.looseObject({
    aliasName: z.string(),
    versionId: z.string(),
    description: z.string().nullish(),
    additionalVersionWeight: z.record(z.string(), z.number()).nullish(),
  }),
);

/** The function whose versions callers meet. What is behind it serves only the router, which may be a version older. */
const FUNCTION = 'router';

/** @param specFile the profile's file: with it all of .env is there that s.yaml asks for */
export async function readPresent(tool: Tool, specFile: string, aliasName: string): Promise<Present> {
  const [versions, release] = await Promise.all([
    readVersions(tool, specFile),
    readRelease(tool, specFile, aliasName),
  ]);
  return { aliasName, versions, ...(release && { release }) };
}

/** Ids, the newest first. */
export async function readVersions(tool: Tool, specFile: string): Promise<string[]> {
  const versions = Versions.parse(await tool.read(FUNCTION, 'version', 'list', '-t', specFile));
  return versions.map(({ versionId }) => versionId).sort((one, other) => Number(other) - Number(one));
}

export async function readRelease(
  tool: Tool,
  specFile: string,
  aliasName: string,
): Promise<Release | undefined> {
  const aliases = Aliases.parse(await tool.read(FUNCTION, 'alias', 'list', '-t', specFile));
  const alias = aliases.find((each) => each.aliasName === aliasName);
  return alias && releaseOf(alias);
}

function releaseOf(alias: z.infer<typeof Aliases>[number]): Release {
  const { versionId, additionalVersionWeight, description } = alias;
  // A share of 0 is how FC may keep a canary that is over.
  const [canary] = Object.entries(additionalVersionWeight ?? {}).filter(([, weight]) => weight > 0);
  const [, before] = description?.match(/^before: (\d+)$/) ?? [];
  return {
    versionId,
    ...(canary && { canary: { versionId: canary[0], percent: Math.round(canary[1] * 10_000) / 100 } }),
    ...(before && { before }),
  };
}

export const publishing = (specFile: string, description: string): string[] => [
  ...[FUNCTION, 'version', 'publish', '-t', specFile],
  ...['--description', description],
];

/** `--vw` is said also where there is no canary: what is left out may be left as it is. */
export function pointing(
  specFile: string,
  aliasName: string,
  { versionId, canary, before }: Release,
): string[] {
  const weights = canary ? { [canary.versionId]: canary.percent / 100 } : {};
  return [
    ...[FUNCTION, 'alias', 'publish', '-t', specFile],
    ...['--alias-name', aliasName, '--version-id', versionId, '--vw', JSON.stringify(weights)],
    ...(before ? ['--description', `before: ${before}`] : []),
  ];
}
