import { expect } from 'vitest';

/** What a promise is rejected with; a promise that is fulfilled fails the test. */
export const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('This should have failed.'),
    (error: unknown) => error,
  );
