import { mkdir, readdir, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LAYER_PREFIX } from '#shared/protocol/registry/manifest.ts';
import { digestOf } from './hash-file.ts';
import { aStore, named } from './store.fixture.ts';
import type { Store } from './store.ts';

/** Three models that share weights: what is garbage of one is a part of another. */
const BLOBS = ['weights', 'other weights', 'template', 'system'].map((text) => Buffer.from(text));
const MODELS = { one: [0, 2], two: [0, 3], three: [1, 2, 3] };
type Model = keyof typeof MODELS;
const models = Object.keys(MODELS) as Model[];

const graceMs = 3_600_000;

type Step =
  | { does: 'pull' | 'remove' | 'delete as Ollama'; model: Model }
  | { does: 'collect'; grace: 'over' | 'running' }
  | { does: 'prune folders' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    does: fc.constantFrom('pull' as const, 'pull' as const, 'remove' as const, 'delete as Ollama' as const),
    model: fc.constantFrom(...models),
  }),
  fc.record({
    does: fc.constant('collect' as const),
    grace: fc.constantFrom('over' as const, 'running' as const),
  }),
  fc.record({ does: fc.constant('prune folders' as const) }),
);

/** Steps of one list are done at once. */
const anyHistory = fc.array(fc.array(anyStep, { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 6,
});

it('leaves every model whole or absent, whoever does what at once', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      await using place = await aStore();
      const world = new World(place.store, place.root);
      for (const steps of history) {
        await Promise.all(steps.map((step) => world.do(step)));
        const isOllamaActing = steps.some(({ does }) => does === 'delete as Ollama');
        for (const model of models) {
          const missing = await place.store.assertWhole(named(model));
          // Ollama takes no lease: what it deleted under a name that was just given comes back by a repair.
          if (isOllamaActing && missing?.length) await world.do({ does: 'pull', model });
          else expect(missing ?? []).toEqual([]);
          expect((await place.store.assertWhole(named(model))) ?? []).toEqual([]);
        }
      }
      expect(world.wronglyRemoved).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

class World {
  readonly wronglyRemoved: string[] = [];
  readonly #store: Store;
  readonly #root: string;
  /** What the database knows: the blobs that open jobs want, and who holds what. */
  readonly #wanted: string[] = [];
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(store: Store, root: string) {
    this.#store = store;
    this.#root = root;
  }

  do(step: Step): Promise<unknown> {
    switch (step.does) {
      case 'pull':
        return this.#alone(step.model, () => this.#pull(step.model));
      case 'remove':
        return this.#alone(step.model, () => this.#store.removeManifest(named(step.model)));
      case 'delete as Ollama':
        return this.#deleteAsOllama(step.model);
      case 'collect':
        return this.#collect(step.grace === 'over' ? Date.now() + 2 * graceMs : Date.now());
      case 'prune folders':
        return this.#pruneFolders();
    }
  }

  async #pull(model: Model): Promise<void> {
    const blobs = MODELS[model].map((index) => BLOBS[index]!);
    const digests = blobs.map(digestOf);
    this.#wanted.push(...digests);
    const layers = blobs.map((bytes, index) => {
      const mediaType = LAYER_PREFIX + (index === 0 ? 'model' : 'template');
      return { mediaType, digest: digests[index], size: bytes.length };
    });
    for (const bytes of blobs) await this.#bring(bytes);
    await this.#store.writeManifest(named(model), Buffer.from(JSON.stringify({ schemaVersion: 2, layers })));
    for (;;) {
      const missing = (await this.#store.assertWhole(named(model))) ?? [];
      if (missing.length === 0) break;
      for (const { digest } of missing) await this.#bring(blobs[digests.indexOf(digest)]!);
    }
    for (const digest of digests) this.#wanted.splice(this.#wanted.indexOf(digest), 1);
  }

  async #bring(bytes: Buffer): Promise<void> {
    const digest = digestOf(bytes);
    await this.#alone(digest, async () => {
      if (await this.#store.hasBlob(digest, bytes.length)) {
        if (await this.#store.touchBlob(digest)) return;
      }
      const folder = this.#store.stagingDirectory(digest);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'data'), bytes);
      await this.#store.publishBlob({ digest, size: bytes.length, file: join(folder, 'data') });
    });
  }

  async #collect(nowMs: number): Promise<void> {
    const found = await this.#store.garbage({ graceMs, nowMs });
    for (const garbage of found.status === 'found' ? found.garbage : []) {
      if (garbage.kind !== 'blob') continue; // files of writers that are at work look old when it is tomorrow
      const { digest } = garbage;
      const isWanted = async (each: string) => this.#wanted.includes(each);
      const remove = () => this.#store.removeGarbage(garbage, { graceMs, nowMs, isWanted });
      const wasWanted = this.#wanted.includes(digest!);
      if ((await this.#alone(digest!, remove)) && (wasWanted || nowMs < Date.now() + graceMs)) {
        this.wronglyRemoved.push(garbage.path);
      }
    }
  }

  /** At once and without asking anybody: the manifest, then what no other names. */
  async #deleteAsOllama(model: Model): Promise<void> {
    if (!(await this.#store.removeManifest(named(model)))) return;
    for (const index of MODELS[model]) {
      const others = models.filter((each) => MODELS[each].includes(index));
      const stored = await Promise.all(others.map((each) => this.#store.readManifest(named(each))));
      if (stored.some((each) => each !== undefined)) continue;
      await unlink(this.#store.blobFile(digestOf(BLOBS[index]!))).catch(() => undefined);
    }
  }

  async #pruneFolders(): Promise<void> {
    const entries = await readdir(join(this.#root, 'manifests'), {
      recursive: true,
      withFileTypes: true,
    }).catch(() => []);
    const folders = entries.filter((entry) => entry.isDirectory());
    for (const { parentPath, name } of folders.toReversed())
      await rmdir(join(parentPath, name)).catch(() => undefined);
  }

  /** The lease: one at a time. */
  #alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(key) ?? Promise.resolve()).then(work, work);
    this.#queues.set(key, turn);
    return turn;
  }
}
