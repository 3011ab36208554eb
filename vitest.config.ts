import { configDefaults, defineConfig } from 'vitest/config';
import { assertNode22 } from './local/assert-node.ts';

assertNode22();

export default defineConfig({
  test: {
    // parse-spec is CommonJS; without this its default export differs between Node and vitest.
    deps: { interopDefault: false },
    maxWorkers: 2, // waits for processes more than it computes; by itself vitest would use one of two cores
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
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
