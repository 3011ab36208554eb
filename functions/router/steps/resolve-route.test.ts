import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatalogSnapshot, Model, Route } from '#shared/catalog/catalog.ts';
import { aRoute } from '#shared/fixtures/routes.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import type { Caller } from '#shared/keys/find-key.ts';
import { chooseRoute, findModel, requireModel } from './resolve-route.ts';

const aModel = (name: string, routes: Route[] = []): Model => ({
  name,
  kind: 'chat',
  capabilities: [],
  createdAtSeconds: 0,
  routes,
});
const routeTo = (model: string, { tier = 0, weight = 1 } = {}): Route => aRoute({ model, tier, weight });
const aCatalog = (...names: string[]): CatalogSnapshot => ({
  version: 1,
  models: new Map(names.map((name) => [name, aModel(name)])),
  aliases: new Map(),
});
const aCaller = (...grants: string[][]): Caller => ({
  keyId: 1,
  consumerId: 1,
  rootId: 1,
  address: undefined,
  grants,
});

describe('a model', () => {
  const catalog = aCatalog('qwen3:8b', 'llama3:latest');

  it('is found by its name, and without :latest', () => {
    expect(findModel(catalog, aCaller(), 'qwen3:8b')?.name).toBe('qwen3:8b');
    expect(findModel(catalog, aCaller(), 'llama3')?.name).toBe('llama3:latest');
  });

  it.each(['', 'qwen3', 'Qwen3:8b', ':latest', '__proto__', 'constructor', 'qwen3:8b:latest'])(
    'is not found as %j',
    (name) => {
      expect(findModel(catalog, aCaller(), name)).toBeUndefined();
    },
  );

  it('may be used when every grant from the key up to the root has it', () => {
    expect(findModel(catalog, aCaller(['qwen3:8b'], ['qwen3:8b', 'x']), 'qwen3:8b')).toBeDefined();
    expect(findModel(catalog, aCaller(['qwen3:8b'], ['x']), 'qwen3:8b')).toBeUndefined();
    expect(findModel(catalog, aCaller([]), 'qwen3:8b')).toBeUndefined();
    expect(findModel(catalog, aCaller(['llama3:latest']), 'llama3')).toBeDefined();
  });

  it('that is not allowed is told in the words of one that is not there', () => {
    const refusal = (name: string) => thrownBy(() => requireModel(catalog, aCaller(['x']), name));
    expect(refusal('qwen3:8b')).toMatchObject({
      failure: 'model_not_found',
      status: 404,
      param: 'model',
      message: 'The model `qwen3:8b` does not exist or you do not have access to it.',
    });
    expect(refusal('gone:8b')).toMatchObject({
      message: (refusal('qwen3:8b') as Error).message.replace('qwen3', 'gone'),
    });
    expect((refusal('x'.repeat(100_000)) as Error).message.length).toBeLessThan(300);
  });
});

describe('the route of a call', () => {
  it('is in the lowest tier, whatever the chance', () => {
    const model = aModel('m', [routeTo('spare', { tier: 2, weight: 100 }), routeTo('first', { tier: 1 })]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (chance) => {
        expect(chooseRoute(model, chance).model).toBe('first');
      }),
    );
  });

  it('is chosen as often as its weight says', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 32_767 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weights, fc.nat(), (given, seed) => {
        const model = aModel(
          'm',
          given.map((weight, index) => routeTo(String(index), { weight })),
        );
        const sum = given.reduce((one, other) => one + other);
        const place = seed % sum; // one of `sum` equal chances
        const expected = given.findIndex(
          (_, index) => place < given.slice(0, index + 1).reduce((a, b) => a + b),
        );
        expect(chooseRoute(model, (place + 0.5) / sum).model).toBe(String(expected));
      }),
    );
  });

  it.each([0, 1 - Number.EPSILON / 2])('is there for a chance at the border: %d', (chance) => {
    const model = aModel(
      'm',
      [1, 7, 32_767].map((weight) => routeTo('x', { weight })),
    );
    expect(chooseRoute(model, chance)).toBeDefined();
  });

  it('begins where the one before it ends', () => {
    const model = aModel('m', [routeTo('first'), routeTo('second')]);
    expect([0, 0.49, 0.5].map((chance) => chooseRoute(model, chance).model)).toEqual([
      'first',
      'first',
      'second',
    ]);
  });

  it('is missed by a model that is served nowhere: come back later', () => {
    expect(thrownBy(() => chooseRoute(aModel('m'), 0.5))).toMatchObject({
      failure: 'server_overloaded',
      status: 503,
      retryAfterMs: 10_000,
    });
  });
});
