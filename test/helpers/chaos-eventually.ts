import { expect } from 'vitest';

/** Looks again and again, for as long as a slow machine may need. */
export const eventually = <T>(look: () => T | Promise<T>) =>
  expect.poll(look, { timeout: 20_000, interval: 20 });
