import { expect, it } from 'vitest';
import type { Model } from '../catalog/catalog.ts';
import { capOf } from './output-cap.ts';

const model = (maxOutputTokens?: number) => ({ maxOutputTokens }) as Model;

it.each([
  ['nothing, of a model without a limit', undefined, undefined, undefined],
  ['nothing, of a model with a limit', undefined, 100, 100],
  ['some, of a model without a limit', 5, undefined, 5],
  ['less than the limit', 5, 100, 5],
  ['more than the limit', 500, 100, 100],
])('the output is capped when a caller asks for %s', (_, asked, limit, cap) => {
  expect(capOf(asked, model(limit))).toBe(cap);
});
