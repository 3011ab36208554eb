import { describe, expect, it } from 'vitest';
import type { CatalogSnapshot, Model } from '#shared/catalog/catalog.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import type { Caller } from '#shared/keys/find-key.ts';
import { findModel, requireModel } from './find-model.ts';

const aModel = (name: string): Model => ({
  name,
  kind: 'chat',
  capabilities: [],
  createdAtSeconds: 0,
  routes: [],
});
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
  rights: [],
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
