import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { accountsIn } from './account.ts';
import { isRunning, readFromPs, readProcess } from './process-facts.ts';

describe('what is known of a process', () => {
  it.each([
    ['/proc or ps, as the system has it', readProcess],
    ['ps alone', readFromPs],
  ])('stays the same for as long as it lives, by %s', async (_, read) => {
    const child = spawn('sleep', ['60']);
    const [first, second] = [await read(child.pid!), await read(child.pid!)];
    expect(first).toEqual(second);
    expect(first).toMatchObject({ command: 'sleep 60', startedAt: expect.stringMatching(/\d/) });
    expect(first?.startedAt).not.toBe('');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await read(child.pid!)).toBeNull();
    expect(await isRunning(child.pid!)).toBe(false);
  });

  it('is nothing for a zombie, which only waits to be buried', async () => {
    // The shell never asks after its child, because it has become another program long before the child ends.
    const parent = spawn('/bin/sh', ['-c', 'sleep 1 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [pid] = await once(parent.stdout!, 'data');
    await expect.poll(() => readProcess(Number(pid)), { timeout: 10_000 }).toBeNull();
    expect(await readFromPs(Number(pid))).toBeNull();
    expect(() => process.kill(Number(pid), 0)).not.toThrow();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });
});

describe('the accounts of a machine', () => {
  it('are read from passwd, without root and without what chown cannot take', () => {
    const passwd =
      '# a comment\nroot:*:0:0::/:/bin/sh\nnobody:*:-2:-2::/:/x\n_postgres:*:216:217::/:/x\n\nbroken\n';
    expect([...accountsIn(passwd).values()]).toEqual([{ name: '_postgres', uid: 216, gid: 217 }]);
  });
});
