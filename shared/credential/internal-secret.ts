import * as z from 'zod';

/** Of one secret, in characters. */
const LEAST = 32;

/**
 * What our functions know each other by. While another takes its place it is both, as `<new>,<old>`: each is let in,
 * and the first is what is shown and signed with.
 */
export const InternalSecret = z
  .string()
  .refine((given) => secretsIn(given).every((secret) => secret.length >= LEAST), {
    error: `must have at least ${LEAST} characters, and so each where commas stand between several`,
  });

export const secretsIn = (given: string): string[] => given.split(',');

export const firstSecret = (given: string): string => secretsIn(given)[0]!;
