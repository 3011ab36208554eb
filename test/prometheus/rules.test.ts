import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAlertRules } from '../metrics/alert-rules.ts';
import { aConfiguration } from './run-prometheus.ts';

let folder: string;
beforeAll(async () => {
  folder = await aConfiguration(9000, 'x'.repeat(32));
});

function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, error, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
  if (error) throw error;
  return { status, output: `${stdout}${stderr}` };
}

describe('promtool', () => {
  it('takes the configuration, with its rules and its token', () => {
    const { status, output } = promtool('check', 'config', 'prometheus.yml');
    expect(output).toMatch(/1 rule files found[\s\S]*SUCCESS: \d+ rules found/);
    expect(status, output).toBe(0);
  });

  it('finds as many rules as the other tests have read', async () => {
    const { output } = promtool('check', 'rules', 'sublet.rules.yml');
    expect(output).toContain(`SUCCESS: ${(await readAlertRules()).length} rules found`);
  });

  it('sees each alert raised when it must be, and none when all is well', () => {
    const { status, output } = promtool('test', 'rules', 'sublet.rules.test.yml');
    expect(output).toContain('SUCCESS');
    expect(status, output).toBe(0);
  });

  it('would say so if a rule were wrong', async () => {
    await cp(join(folder, 'sublet.rules.yml'), join(folder, 'kept.yml'));
    spawnSync(
      'sed',
      ['-i', 's/gateway_ledger_drift_rows != 0/gateway_ledger_drift_rows > 5/', 'sublet.rules.yml'],
      { cwd: folder },
    );
    expect(promtool('test', 'rules', 'sublet.rules.test.yml').status).not.toBe(0);
    await cp(join(folder, 'kept.yml'), join(folder, 'sublet.rules.yml'));
  });
});
