import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyGguf } from '../../shared/fixtures/tiny-gguf.ts';
import { blobPathOf, ModelFolder } from '../fakes/ollama/model-folder.ts';
import { generate } from './run-engine.ts';

const gguf = tinyGguf();

let store: ModelFolder;
beforeEach(() => {
  store = new ModelFolder();
  store.add('tiny', { gguf });
});
afterEach(() => store[Symbol.dispose]());

describe('a model file in a store', () => {
  it('is loaded by a real engine, which makes as many tokens as it is asked for', async () => {
    const { text, tokens, contextLength } = await generate(store.path, 'tiny', 24, 1);
    expect({ tokens, contextLength }).toEqual({ tokens: 24, contextLength: 2048 });
    expect(text).toMatch(/\w/);
  });

  it('says the same for the same seed, and something else for another', async () => {
    const [one, again, other] = [
      await generate(store.path, 'tiny', 24, 1),
      await generate(store.path, 'tiny', 24, 1),
      await generate(store.path, 'tiny', 24, 2),
    ];
    expect(again).toEqual(one);
    expect(other.text).not.toBe(one.text);
  });
});

describe('a model file that is not what it was', () => {
  const withoutMagic = Buffer.from(gguf);
  withoutMagic[0]! ^= 1;
  const withAnotherCount = Buffer.from(gguf);
  withAnotherCount[8]! ^= 1; // one tensor more or less than there are

  it.each([
    ['has a wrong bit in its first byte', withoutMagic],
    ['has a wrong bit in the count of its tensors', withAnotherCount],
    ['lacks its last part', gguf.subarray(0, 400_000)],
    ['lacks its last byte', gguf.subarray(0, -1)],
    ['is empty', Buffer.alloc(0)],
  ])('does not load when it %s', async (_, bytes) => {
    store.write(blobPathOf(gguf), bytes);
    await expect(generate(store.path, 'tiny', 1, 1)).rejects.toThrow(/GGUF|Failed to load model/);
  });

  it('does not load when it is gone', async () => {
    store.remove(blobPathOf(gguf));
    await expect(generate(store.path, 'tiny', 1, 1)).rejects.toThrow('ENOENT');
  });

  // So it is the digest, and nothing else, that keeps a wrong bit in the weights from callers.
  it('loads all the same when only a weight is wrong', async () => {
    const withOtherWeight = Buffer.from(gguf);
    withOtherWeight[400_000]! ^= 1;
    store.write(blobPathOf(gguf), withOtherWeight);
    expect((await generate(store.path, 'tiny', 4, 1)).tokens).toBe(4);
  });
});
