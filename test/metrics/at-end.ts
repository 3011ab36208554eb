import { afterAll } from 'vitest';

const endings: (() => Promise<unknown>)[] = [];

/** Does this when the file is done, the last first. Also from inside a test or a hook, where vitest forgets an `afterAll`. */
export function atEnd(end: () => Promise<unknown>): void {
  endings.push(end);
}

afterAll(async () => {
  for (const end of endings.reverse()) await end();
});
