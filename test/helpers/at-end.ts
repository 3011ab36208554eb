import { afterAll } from 'vitest';

const endings: (() => Promise<unknown>)[] = [];

/**
 * Does this when the test file is done, the last first, all of it whatever fails; a failure fails the file.
 *
 * vitest forgets an `afterAll` that is called from within a hook or a test. This one is called as the file is read.
 */
export function atEnd(end: () => Promise<unknown>): void {
  endings.push(end);
}

afterAll(async () => {
  const failures: unknown[] = [];
  for (const end of endings.splice(0).reverse()) await end().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
});
