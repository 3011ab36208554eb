import { STRICT } from '../../local/fc/strict.ts';

/** Less than what is often between the calls of one test and those of the next. */
const SOON_MS = 1_000;

/** What FC may do to the bundle, and as the address that it gives a function. */
export const AS_FC_MAY = {
  ...STRICT,
  defaultDomain: true,
  idleMs: SOON_MS,
  drainTimeoutMs: SOON_MS, // what is in flight at the end, nobody waits for
};

/** For a test that watches one instance, which must not go before the test does. */
export const KEPT = { idleMs: undefined, replaceAfterCalls: undefined };
