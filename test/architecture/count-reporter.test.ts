import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const REPORTER = fileURLToPath(new URL('../count-reporter.ts', import.meta.url));

/** Runs vitest on one planted file; gives its exit code and its last line. */
function runOf(source: string): { status: number | null; lastLine: string | undefined } {
  const root = mkdtempSync(join(tmpdir(), 'sublet-planted-'));
  try {
    writeFileSync(join(root, 'planted.test.ts'), source);
    const args = ['run', '--root', root, '--globals', '--reporter', REPORTER];
    const { status, stdout } = spawnSync('vitest', args, { encoding: 'utf8' });
    return { status, lastLine: stdout.trimEnd().split('\n').at(-1) };
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe('the last line of a test run', () => {
  it('counts what passed', () => {
    expect(runOf(`it('is well', () => {});`)).toEqual({ status: 0, lastLine: '1 passed, 0 failed' });
  });

  it.each([
    [
      'a test that fails',
      `it('is well', () => {}); it('is not', () => expect(1).toBe(2));`,
      '1 passed, 1 failed',
    ],
    [
      'a file that cannot load',
      `import './nowhere.ts'; it('is never seen', () => {});`,
      '0 passed, 1 failed',
    ],
    [
      'an error that comes late',
      `it('is well', () => void Promise.reject(new Error('late')));`,
      '1 passed, 1 failed',
    ],
  ])('counts %s as a failure, and the run is red', (_what, source, lastLine) => {
    expect(runOf(source)).toEqual({ status: 1, lastLine });
  });
}, 60_000);
