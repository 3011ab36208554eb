import { describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { troubleOf } from './trouble.ts';

const coded = (code: string) => Object.assign(new Error('of the driver'), { code });

describe('what a failed batch failed for', () => {
  it.each(['ECONNREFUSED', 'CONNECTION_CLOSED', 'QUERY_TIMEOUT', 'ECONNRESET', '57P01', '57P03', '53300'])(
    'passes with the connection: %s',
    (code) => {
      expect(troubleOf(coded(code))).toBe('passing');
      expect(troubleOf(new Error('of drizzle', { cause: coded(code) }))).toBe('passing');
    },
  );

  it.each([
    ['a deadlock', '40P01'],
    ['a serialisation failure', '40001'],
  ])('passes: %s', (_, code) => {
    expect(troubleOf(coded(code))).toBe('passing');
  });

  it('passes where the database has been given up for now', () => {
    expect(troubleOf(new GatewayError('gateway_not_ready', 'away'))).toBe('passing');
  });

  it.each([
    ['a lock', '55P03'],
    ['a statement', '57014'],
  ])('is somebody who keeps rows, where %s took too long', (_, code) => {
    expect(troubleOf(coded(code))).toBe('locked');
  });

  it.each([
    ['a value out of range', coded('22003')],
    ['a NUL', coded('22P05')],
    ['a function that there is not', coded('42883')],
    ['a mistake of our own', new TypeError('x is not a function')],
    ['what is no error', 'text'],
    ['nothing', undefined],
  ])('is in the data, where it is %s', (_, error) => {
    expect(troubleOf(error)).toBe('data');
  });
});
