import { defineConfig } from 'vitest/config';
import { assertNode22 } from '../../local/assert-node.ts';

assertNode22();

/** Apart from the other tests, since it needs `npm ci --prefix test/engine` first. */
export default defineConfig({
  test: {
    name: 'engine',
    root: import.meta.dirname,
    include: ['*.test.ts'],
    deps: { interopDefault: false }, // as for the other tests
    globalSetup: '../global-setup.ts', // a database and the bundles, for what is pulled before it is loaded
    setupFiles: ['../end-of-file.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
