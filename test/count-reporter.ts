import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints `N passed, N failed` as the run's last line.
 *
 * vitest's own totals leave out a file that cannot load and an error that came after its test, both
 * of which make a run red; here each counts as one failure.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]) {
    const counts = modules.map(countModule);
    const passed = sum(counts.map((count) => count.passed));
    const failed = sum(counts.map((count) => count.failed)) + unhandledErrors.length;
    process.on('exit', () => {
      process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
    });
  }
}

function countModule(module: TestModule) {
  let passed = 0;
  let failed = 0;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed') passed += 1;
    if (state === 'failed') failed += 1;
  }
  const failedOutsideTests = module.state() === 'failed' && failed === 0;
  return { passed, failed: failed + (failedOutsideTests ? 1 : 0) };
}

const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
