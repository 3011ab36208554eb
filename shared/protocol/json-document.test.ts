import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { thrownBy } from '../fixtures/streams.ts';
import { readJsonDocument } from './json-document.ts';

const read = (text: string, depthLimit = 64) => readJsonDocument(Buffer.from(text), depthLimit);
const refusal = (bytes: Buffer | string, depthLimit = 64) =>
  thrownBy(() => readJsonDocument(Buffer.from(bytes), depthLimit));
const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

describe('a JSON body', () => {
  it('is read as what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(read(text, 1000).value).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['no body', '', 'The request has no body.'],
    ['no JSON', '{"a":', 'The request body is not valid JSON.'],
    ['JSON with a mark of byte order', '\ufeff{}', 'The request body is not valid JSON.'],
    ['a string without an end', '{"a":"b', 'The request body is not valid JSON.'],
    ['a string that ends in an escape', '{"a":"\\', 'The request body is not valid JSON.'],
    ['a key with a bad escape', '{"\\x":1}', 'The request body is not valid JSON.'],
    ['a key that is no string', '{1:2}', 'The request body is not valid JSON.'],
    ['a list', '[]', 'The request body must be a JSON object.'],
    ['null', 'null', 'The request body must be a JSON object.'],
    ['a text', '"{}"', 'The request body must be a JSON object.'],
    ['bytes that are no UTF-8', Buffer.of(0x7b, 0xff, 0x7d), 'The request body is not valid UTF-8.'],
  ])('is refused when it is %s', (_, body, message) => {
    expect(refusal(body)).toMatchObject({ failure: 'invalid_request', message });
  });

  it('is never quoted in a refusal', () => {
    const error = refusal('{"messages":"my secret prompt"') as GatewayError;
    expect(JSON.stringify([error.message, error.cause])).not.toContain('secret');
  });

  it('is read or refused, whatever bytes it has', () => {
    const bytes = fc.oneof(
      fc.uint8Array().map((array) => Buffer.from(array)),
      fc
        .string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', '1', ' ') })
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        try {
          readJsonDocument(body, 4);
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
        }
      }),
    );
  });
});

describe('the depth of a JSON body', () => {
  it('may reach the limit and not pass it', () => {
    expect(read(nested(64)).value).toHaveProperty('a');
    expect(refusal(nested(65))).toMatchObject({
      failure: 'invalid_request',
      message: 'The request body is nested deeper than 64 levels.',
    });
  });

  it('does not count brackets inside of strings', () => {
    const text = JSON.stringify({ a: '[[[{{{"]]]', '{{{[[[': '\\"[[[[' });
    expect(read(text, 1).bytes.toString()).toBe(text);
  });

  it('does not count what stands side by side', () => {
    expect(read(`{"a":[${'[],{},'.repeat(1000)}[]]}`, 3).value).toHaveProperty('a');
  });

  it('is judged before 32 MB of brackets are parsed', () => {
    const body = Buffer.alloc(32 * 1024 * 1024, '[');
    const startedAtMs = performance.now();
    expect(refusal(body)).toMatchObject({ failure: 'invalid_request' });
    expect(performance.now() - startedAtMs).toBeLessThan(1_000); // parsing them takes half a minute and gigabytes
  });
});

it.each(['1', '{}', '"a,b"', '[[]]'])(
  'a JSON body may have half a million values and no more, such as %s',
  (value) => {
    const list = (count: number) => `{"a":[${Array.from({ length: count }, () => value).join(',')}]}`;
    expect(read(list(100_000)).value).toHaveProperty('a');
    expect(refusal(list(500_001))).toMatchObject({
      failure: 'invalid_request',
      message: 'The request body has more than 500000 values.',
    });
  },
);
