const endings: (() => unknown)[] = [];

/**
 * Does this when the test file is done, the last first, all of it whatever fails; a failure fails the file.
 *
 * vitest forgets an `afterAll` that is called from within a hook or a test. `test/end-of-file.ts` calls one for each file.
 */
export function atEnd(end: () => unknown): void {
  endings.push(end);
}

/** Does all that is to be done, in turn. @throws what failed */
export async function endAll(): Promise<void> {
  const failures: unknown[] = [];
  for (const end of endings.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
}
