import { statfs } from 'node:fs/promises';
import type { ManifestBlob } from '#shared/protocol/registry/manifest.ts';
import type { ModelName } from '#shared/protocol/registry/model-name.ts';
import type { Gguf } from '../gguf/gguf.ts';
import { Blobs, type StagedBlob } from './blobs.ts';
import { makeFolder } from './durable-files.ts';
import { type Age, type Found, findGarbage, type Garbage, type IsWanted, removeGarbage } from './garbage.ts';
import { Layout } from './layout.ts';
import { Manifests, type StoredManifest } from './manifests.ts';
import { Models, type StoredModel } from './models.ts';
import { type Shown, show } from './show.ts';
import { byAge, type Tag, tagOf } from './tags.ts';

/**
 * A folder that `ollama serve` reads, and that others write at the same time: an Ollama that prunes, another of us on
 * the same NAS. So whatever is read may be gone a moment later, and whatever is written is made whole elsewhere and
 * moved into its place.
 *
 * A name is taken as it is written on the disk: ask `nameOnDisk` first.
 */
export class Store {
  readonly #layout: Layout;
  readonly #blobs: Blobs;
  readonly #manifests: Manifests;
  readonly #models: Models;

  constructor(root: string) {
    this.#layout = new Layout(root);
    this.#blobs = new Blobs(this.#layout);
    this.#manifests = new Manifests(this.#layout);
    this.#models = new Models(this.#layout, this.#blobs, this.#manifests);
  }

  async prepare(): Promise<void> {
    const { manifests, blobs, temporary, verified } = this.#layout;
    for (const folder of [manifests, blobs, temporary, verified]) await makeFolder(folder);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#layout.root);
    return bavail * bsize;
  }

  // Blobs: what models are made of.
  get stagingRoot(): string {
    return this.#layout.staging;
  }
  stagingDirectory = (digestOrName: string): string => this.#layout.stagingDirectory(digestOrName);
  blobFile = (digest: string): string => this.#layout.blob(digest);
  hasBlob = (digest: string, size: number): Promise<boolean> => this.#blobs.has(digest, size);
  publishBlob = (staged: StagedBlob): Promise<void> => this.#blobs.publish(staged);
  writeBlob = (bytes: Buffer): Promise<{ digest: string; size: number }> => this.#blobs.write(bytes);
  touchBlob = (digest: string): Promise<boolean> => this.#blobs.touch(digest);
  readBlob = (digest: string, limitBytes: number): Promise<Buffer | undefined> =>
    this.#blobs.read(digest, limitBytes);

  // Manifests: their names.
  nameOnDisk = (name: ModelName): Promise<ModelName> => this.#manifests.nameOnDisk(name);
  readManifest = (name: ModelName): Promise<StoredManifest | undefined> => this.#manifests.read(name);
  hasManifest = (name: ModelName): Promise<boolean> => this.#manifests.isThere(name);
  writeManifest = (name: ModelName, bytes: Buffer): Promise<void> => this.#manifests.write(name, bytes);
  removeManifest = (name: ModelName): Promise<boolean> => this.#manifests.remove(name);

  /** The blobs that a model names and that are not there; undefined when it has no manifest that can be read. */
  async assertWhole(name: ModelName): Promise<ManifestBlob[] | undefined> {
    const stored = await this.#manifests.read(name);
    return stored && this.#models.missing(stored);
  }

  // Models: what a name and its blobs say together.
  openModel = (name: ModelName): Promise<StoredModel | undefined> => this.#models.open(name);
  parametersOf = (model: StoredModel): Promise<Record<string, unknown> | undefined> =>
    this.#models.parameters(model);
  readGguf = (digest: string): Promise<Gguf | undefined> => this.#models.head(digest);

  /** The models of `/api/tags`, the newest first; those that are not whole are left out. */
  async tags(): Promise<Tag[]> {
    const names = await this.#manifests.names();
    const tags: Tag[] = [];
    for (const name of names) {
      const model = await this.#models.open(name);
      if (model) tags.push(tagOf(model));
    }
    return tags.sort(byAge);
  }

  /** The answer of `/api/show`; undefined for a model that is not there as a whole. */
  async show(name: ModelName, { verbose = false }: { verbose?: boolean } = {}): Promise<Shown | undefined> {
    const model = await this.#models.open(name);
    return model && show(this.#models, model, verbose);
  }

  // Garbage: what nobody names.
  garbage = (age: Age): Promise<Found> => findGarbage(this.#layout, age);
  removeGarbage = (garbage: Garbage, rule: Age & { isWanted: IsWanted }): Promise<boolean> =>
    removeGarbage(this.#layout, garbage, rule);
}
