import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { thrownBy } from '../fixtures/streams.ts';
import { parseFields } from './parse-fields.ts';

const Schema = z.looseObject({
  name: z.string(),
  parts: z
    .union([z.string(), z.array(z.union([z.number(), z.looseObject({ text: z.string() })]))])
    .optional(),
  bias: z.record(z.string(), z.number()).optional(),
});
const refusal = (value: unknown) => thrownBy(() => parseFields(Schema, value));

describe('a field that is wrong', () => {
  it.each([
    ['is missing', {}, 'name', 'name: Invalid input: expected string, received undefined.'],
    ['is of another type', { name: 5 }, 'name', 'name: Invalid input: expected string, received number.'],
    [
      'has none of its forms',
      { name: 'a', parts: null },
      'parts',
      'parts: Invalid input: expected string, received null; or Invalid input: expected array, received null.',
    ],
    [
      'comes near to one of its forms',
      { name: 'a', parts: [1, { text: 2 }] },
      'parts[1].text',
      'parts[1].text: Invalid input: expected string, received number.',
    ],
  ])('is named when it %s', (_, value, param, message) => {
    expect(refusal(value)).toMatchObject({ failure: 'invalid_request', param, message });
  });

  it('is the request itself when that is no object', () => {
    expect(refusal(5)).toMatchObject({
      param: null,
      message: 'The request: Invalid input: expected object, received number.',
    });
  });

  it('is not told at any length: its name may be the caller’s', () => {
    const error = refusal({ name: 'a', bias: { ['x'.repeat(100_000)]: 'no number' } });
    expect(JSON.stringify(error).length).toBeLessThan(1_000);
    expect((error as Error).message.length).toBeLessThan(1_000);
  });
});

it('a field whose length cannot be compared is wrong, as any other', () => {
  const Named = z.looseObject({ name: z.string().min(1) });
  const value = { name: { length: { toString: 1 } } };
  expect(thrownBy(() => parseFields(Named, value))).toMatchObject({
    failure: 'invalid_request',
    status: 400,
  });
});

it('a field that is not read passes untouched', () => {
  expect(parseFields(Schema, { name: 'a', other: [1] })).toEqual({ name: 'a', other: [1] });
});

it('a field named __proto__ gives no field to the request', () => {
  const value: unknown = JSON.parse('{"name":"a","__proto__":{"parts":"b"}}');
  expect(parseFields(Schema, value).parts).toBeUndefined();
});
