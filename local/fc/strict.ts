import type { Settings } from './settings.ts';

/**
 * What FC may do to an instance at any time, done often: what a function survives here it survives there.
 *
 * FC keeps an idle instance for minutes, and how long an instance that is called lives it does not say.
 */
export const STRICT = {
  freeze: true,
  freezeAfterMs: 0,
  idleMs: 60_000,
  replaceAfterCalls: 20,
  terminateGraceMs: 0,
  cors: 'merged',
} as const satisfies Partial<Settings>;
