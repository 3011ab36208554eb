import { expect, it } from 'vitest';
import * as z from 'zod';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { listOf, recordOf } from './list-of.ts';
import { parseFields } from './parse-fields.ts';

const Item = z.union([z.string(), z.object({ a: z.object({ b: z.int() }) })]);
const Schema = z.object({ list: listOf(Item), inner: z.object({ list: listOf(z.int()) }).optional() });
const refusal = (value: unknown) => thrownBy(() => parseFields(Schema, value));

it('gives the items as their form reads them', () => {
  const Trimmed = listOf(z.string().transform((text) => text.trim()));
  expect(Trimmed.parse([' a', 'b '])).toEqual(['a', 'b']);
  expect(Trimmed.parse([])).toEqual([]);
});

it.each([
  [{ list: 'a' }, 'list'],
  [{ list: ['a', { a: { b: 'x' } }] }, 'list[1].a.b'],
  [{ list: [5] }, 'list[0]'],
  [{ list: ['a'], inner: { list: [1, 2, 'x'] } }, 'inner.list[2]'],
])('names the first place that is wrong: %j', (value, param) => {
  expect(refusal(value)).toMatchObject({ failure: 'invalid_request', param });
});

it('tells one problem, however many there are', () => {
  const result = listOf(z.string()).safeParse(Array.from({ length: 1_000 }, () => 1));
  expect(result.error?.issues).toHaveLength(1);
});

it('of the fields of an object tells one problem, and where it is', () => {
  const Marks = z.object({ marks: recordOf(z.int()).nullish() });
  expect(Marks.parse({ marks: { a: 1 } })).toEqual({ marks: { a: 1 } });
  expect(thrownBy(() => parseFields(Marks, { marks: { a: 1, b: 'x' } }))).toMatchObject({ param: 'marks.b' });
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`${at}`, 'x']));
  expect(Marks.safeParse({ marks: many }).error?.issues).toHaveLength(1);
});
