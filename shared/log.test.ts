import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newKeyToken } from './keys/key-token.ts';
import { createLog, errorFields } from './log.ts';

/** The line that an event becomes. */
function logged(fields: object, event = 'x'): string {
  const lines: string[] = [];
  createLog('router', (line) => lines.push(line)).info(event, fields);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

describe('a log line', () => {
  it('is one line of JSON with time, level, function and event', () => {
    const line = logged({ text: 'a\nb\u2028' }, 'request');
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(line)).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      level: 'info',
      function: 'router',
      event: 'request',
      text: 'a\nb\u2028',
    });
  });

  it('never shows a key, wherever one stands', () => {
    const places = fc.constantFrom<(token: string) => object>(
      (token) => ({ text: `before ${token} after` }),
      (token) => ({ path: `/v1/${token}/models` }),
      (token) => ({ [token]: 1 }),
      (token) => ({ deep: [{ deeper: `Bearer ${token}` }] }),
      (token) => ({ failureDetail: errorFields(new Error(token, { cause: new Error(`"${token}"`) })) }),
      (token) => ({ text: `\\"${token}\\n` }),
      (token) => ({ text: `${token},${token}` }),
      (token) => ({ text: `${token}${'x'.repeat(40_000)}`, short: token }),
    );
    fc.assert(
      fc.property(
        fc.constant(null).map(() => newKeyToken()),
        places,
        ({ token, prefix }, place) => {
          const line = logged(place(token));
          expect(line).not.toContain(token.slice(-20));
          expect(line).not.toContain(prefix);
          expect(JSON.parse(line)).toHaveProperty('event');
        },
      ),
    );
  });

  it('is JSON for any fields, and never longer than FC takes', () => {
    const fields = fc.dictionary(
      fc.string(),
      fc.oneof(fc.jsonValue(), fc.string({ minLength: 5_000, maxLength: 9_000, unit: 'grapheme-ascii' })),
    );
    fc.assert(
      fc.property(fields, (value) => {
        const line = logged(value);
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(33_000);
        expect(JSON.parse(line)).toHaveProperty('time');
      }),
    );
  });

  it('that would be too long keeps all that is short, and says that it was cut', () => {
    const detail = errorFields(new Error('y'.repeat(40_000)));
    expect(JSON.parse(logged({ requestId: 'req_1', status: 502, failureDetail: detail }))).toMatchObject({
      requestId: 'req_1',
      status: 502,
      cut: true,
    });
  });
});

describe('what is kept of an error', () => {
  it('is its name, words, code, stack and cause', () => {
    const cause = Object.assign(new TypeError('why'), { code: 'ECONNREFUSED', errno: -111 });
    const error = Object.assign(new Error('what', { cause }), { detail: 'Key (name)=(secret)', code: 23505 });
    expect(errorFields(error)).toEqual({
      error: 'Error',
      message: 'what',
      stack: expect.stringContaining('log.test.ts'),
      cause: { error: 'TypeError', message: 'why', code: 'ECONNREFUSED', stack: expect.any(String) },
    });
  });

  it('is only the kind of what is no error', () => {
    expect(errorFields('secret')).toEqual({ error: 'string' });
    expect(errorFields({ secret: 1 })).toEqual({ error: 'object' });
  });

  it("is not the statement's values, which Drizzle puts into its message", () => {
    const message = 'Failed query: insert into keys values ($1)\nparams: secret,\n    at secret';
    const error = Object.assign(new Error(message, { cause: new Error('duplicate key') }), {
      query: 'insert into keys values ($1)',
      params: ['secret'],
    });
    expect(JSON.stringify(errorFields(error))).not.toContain('secret');
    expect(errorFields(error)).toMatchObject({
      stack: expect.stringContaining('log.test.ts'),
      cause: { message: 'duplicate key' },
    });
  });

  it('ends where causes go round in a circle', () => {
    const error = new Error('a');
    error.cause = error;
    expect(JSON.stringify(errorFields(error)).length).toBeLessThan(20_000);
  });
});
