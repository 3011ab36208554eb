import { describe, expect, it } from 'vitest';
import { newKeyToken } from '#shared/keys/key-token.ts';
import { fakeCredentials } from './fake-credentials.ts';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';
import { logFaults, secretsOf } from './log-faults.ts';
import type { LogFault } from './settings.ts';

const environment = {
  KEY_PEPPER: '0123456789abcdef',
  UPSTREAM_DEEPSEEK_KEY: 'sk-of-the-upstream',
  DATABASE_URL: 'postgres://sublet:pass%20word-of-it@localhost:5432/sublet',
  SHORT_SECRET: 'short',
  EMPTY_TOKEN: '',
  OLLAMA_MODELS: '/mnt/ollama/models',
};

describe('a line of a function’s log', () => {
  const faultsOf = (line: string) => logFaults(line, secretsOf({ environment }));

  it.each([
    ['what is no secret', 'short words of /mnt/ollama/models, and KEY_PEPPER by its name'],
    ['as much as FC keeps', 'x'.repeat(32 * 1024)],
    ['words that are like FC’s', 'FC Invoke started'],
    ['what a key is known by', newKeyToken().prefix],
    ['nothing', ''],
  ])('may hold %s', (_, line) => {
    expect(faultsOf(line)).toEqual([]);
  });

  it.each([
    ['a secret', '{"pepper":"0123456789abcdef"}', 'the secret of KEY_PEPPER'],
    ['a key', 'Bearer sk-of-the-upstream', 'the secret of UPSTREAM_DEEPSEEK_KEY'],
    ['a password', 'refused: pass word-of-it', 'the secret of DATABASE_URL'],
    ['an address with a password', `at ${environment.DATABASE_URL}?x`, 'the secret of DATABASE_URL'],
    ['a caller’s key', `GET /k/${newKeyToken().token}/v1/models`, 'the key of a caller'],
    ['what FC gave it', fakeCredentials.accessKeySecret, 'the secret of accessKeySecret'],
    ['FC’s own words', 'FC Invoke Start RequestId: 1', '"FC Invoke Start", which only FC may write'],
    ['too much', 'x'.repeat(32 * 1024 + 1), 'a line of 32769 bytes, of which FC keeps 32768'],
    ['too many bytes', 'ü'.repeat(16 * 1024 + 1), 'a line of 32770 bytes, of which FC keeps 32768'],
  ])('may not hold %s', (_, line, fault) => {
    expect(faultsOf(line)).toEqual([fault]);
  });
});

describe('what an instance writes', { timeout: 60_000 }, () => {
  it('is told of where it has a fault, and goes on as it is', async () => {
    const faults: LogFault[] = [];
    const func = await aFunction({ environment }, { onLogFault: (fault) => faults.push(fault) });
    const body = `fine\nFC Invoke End ${environment.KEY_PEPPER}\n`;
    await func.post('/print', { body });
    await eventually(() => expect(func.lines()).toHaveLength(3));
    const from = { functionName: 'fixture', instanceId: func.instances[0]?.id };
    expect(faults).toEqual([
      { ...from, fault: '"FC Invoke End", which only FC may write' },
      { ...from, fault: 'the secret of KEY_PEPPER' },
    ]);
    expect(func.lines()).toContain(`FC Invoke End ${environment.KEY_PEPPER}`);
  });
});
