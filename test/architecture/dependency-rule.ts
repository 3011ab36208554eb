import type { Import } from './imports.ts';

/** A rule that an import breaks, or undefined (design: "shared never imports functions; a function never another"). */
export function brokenRule({ from, to }: Import): string | undefined {
  if (from.startsWith('shared/') && to.startsWith('functions/')) return 'shared imports a function';
  const [home, other] = [functionOf(from), functionOf(to)];
  if (home !== undefined && other !== undefined && home !== other) return 'a function imports another';
  if (isDeployed(from) && /^(cli|local|test|bench)\//.test(to)) return 'what is deployed imports what is not';
  if (isPure(from) && !isPureTarget(to)) return 'shared/protocol is not pure';
  return undefined;
}

/** Whether a file reads the environment, which only a function's `server.ts` may. */
export const readsEnvironment = (source: string) => /\bprocess\s*(\.\s*env\b|\[\s*['"]env)/.test(source);

const functionOf = (path: string) => /^functions\/([^/]+)\//.exec(path)?.[1];
const isTest = (path: string) => path.endsWith('.test.ts');
const isDeployed = (path: string) => /^(functions|shared)\//.test(path) && !isTest(path);
const isPure = (path: string) => path.startsWith('shared/protocol/') && !isTest(path);

/** Text and numbers in, text and numbers out: no files, no network, no clock. */
const isPureTarget = (to: string) =>
  to.startsWith('shared/protocol/') || to === 'shared/errors.ts' || to === 'zod' || to === 'node:buffer';
