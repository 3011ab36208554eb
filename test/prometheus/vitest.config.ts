import { defineConfig } from 'vitest/config';
import { assertNode22 } from '../../local/assert-node.ts';

assertNode22();

/** Apart from the other tests, since it needs `prometheus` and `promtool` on the PATH. */
export default defineConfig({
  test: {
    name: 'prometheus',
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: '../global-setup.ts',
    setupFiles: ['../end-of-file.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
