import { configDefaults, defineConfig } from 'vitest/config';
import { assertNode22 } from './local/assert-node.ts';

assertNode22();

export default defineConfig({
  test: {
    // parse-spec is CommonJS; without this its default export differs between Node and vitest.
    deps: { interopDefault: false },
    maxWorkers: 3, // waits for processes more than it computes; by itself vitest would use one of two cores
    // To load anew for each file what nearly all share would be a third of the work.
    isolate: false,
    testTimeout: 60_000, // of a machine that has other work, too
    hookTimeout: 60_000,
    setupFiles: ['./test/fixed-seed.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{functions,shared,cli,local,deploy}/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          // Have configs of their own, and need what is not here: packages, a Prometheus.
          exclude: [...configDefaults.exclude, 'test/engine/**', 'test/prometheus/**'],
          globalSetup: './test/global-setup.ts',
          setupFiles: ['./test/end-of-file.ts', './test/one-renderer.ts'],
        },
      },
    ],
  },
});
