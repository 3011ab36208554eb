import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ConfigError, FunctionConfig, readConfig } from './config.ts';
import { thrownBy } from './fixtures/streams.ts';

const Config = z.object({
  ...FunctionConfig,
  DATABASE_URL: z.url({ error: 'must be a URL' }),
  PEPPER: z.string().min(32, 'must have at least 32 characters'),
});
const GIVEN = { DATABASE_URL: 'postgres://h/d', PEPPER: 'p'.repeat(32) };

describe('settings', () => {
  it('have defaults, and an empty variable counts as absent', () => {
    expect(readConfig(Config, { ...GIVEN, FC_CUSTOM_LISTEN_PORT: '', BODY_LIMIT_BYTES: undefined })).toEqual({
      ...GIVEN,
      LISTEN_ADDRESS: '0.0.0.0',
      FC_CUSTOM_LISTEN_PORT: 9000,
      DRAIN_TIMEOUT_MS: 30_000,
      BODY_LIMIT_BYTES: 33_554_432,
      JSON_DEPTH_LIMIT: 64,
    });
  });

  it('are numbers where they should be', () => {
    expect(readConfig(Config, { ...GIVEN, FC_CUSTOM_LISTEN_PORT: '8080' }).FC_CUSTOM_LISTEN_PORT).toBe(8080);
  });

  it('that are wrong are named all together, and no value is shown', () => {
    const error = thrownBy(() =>
      readConfig(Config, {
        DATABASE_URL: 'secret-host',
        PEPPER: 'secret',
        FC_CUSTOM_LISTEN_PORT: '70000',
        DRAIN_TIMEOUT_MS: '5s',
      }),
    );
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as Error;
    for (const name of ['DATABASE_URL', 'PEPPER', 'FC_CUSTOM_LISTEN_PORT', 'DRAIN_TIMEOUT_MS'])
      expect(message).toContain(`  ${name}: `);
    expect(message).not.toMatch(/secret|70000|5s/);
  });

  it.each([
    ['FC_CUSTOM_LISTEN_PORT', '0'],
    ['FC_CUSTOM_LISTEN_PORT', ' '],
    ['BODY_LIMIT_BYTES', '33554433'],
    ['JSON_DEPTH_LIMIT', '-1'],
    ['DRAIN_TIMEOUT_MS', '1.5'],
  ])('refuse a %s of %j', (name, value) => {
    expect(thrownBy(() => readConfig(Config, { ...GIVEN, [name]: value }))).toBeInstanceOf(ConfigError);
  });

  it('do not take more than they know', () => {
    expect(readConfig(Config, { ...GIVEN, HOME: '/root' })).not.toHaveProperty('HOME');
  });
});
