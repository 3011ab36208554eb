import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failures, type OllamaError } from './errors.ts';
import { namedBlobs, readManifest, readManifests, type StoredManifest } from './manifests.ts';
import type { Model, Models } from './models.ts';
import { fullName, type ModelName, parseName } from './names.ts';
import { prune, removeEmptyFolders, removeUnnamed, renameOldBlobs } from './prune.ts';
import { lookAtModel, type Seen, storedModel } from './stored-model.ts';

/**
 * The models of a folder laid out as `OLLAMA_MODELS`. As in Ollama nothing is watched: every call reads all manifests
 * anew, and what was seen of a model file is kept by the digest of its manifest for as long as the process lives.
 */
export class StoreFolder implements Models {
  /** What Ollama would have logged as warnings, each once. */
  readonly warnings = new Set<string>();
  readonly #folder: string;
  readonly #seen = new Map<string, Seen>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What Ollama does before its first request. */
  start(noPrune: boolean): void {
    for (const part of ['blobs', 'manifests']) mkdirSync(join(this.#folder, part), { recursive: true });
    renameOldBlobs(this.#folder);
    if (noPrune) return;
    const warning = prune(this.#folder, Date.now());
    if (warning) this.warnings.add(warning);
  }

  list(): Model[] {
    return this.#manifests()
      .map((manifest) => this.#model(manifest))
      .filter((model) => model !== undefined);
  }

  find(requested: string, notFound: (name: string) => OllamaError = failures.modelNotFound): Model {
    const model = this.#model(this.#manifest(requested, notFound));
    if (!model) throw notFound(requested);
    return model;
  }

  /** The manifest goes first, then at once every blob that no other one names. */
  remove(requested: string): void {
    const manifest = this.#manifest(requested, failures.modelNotFound);
    rmSync(manifest.path);
    removeEmptyFolders(join(this.#folder, 'manifests'));
    removeUnnamed(this.#folder, namedBlobs(manifest));
  }

  /** Looks for the name among all manifests, whatever its case, and then reads the one again. */
  #manifest(requested: string, notFound: (name: string) => OllamaError): StoredManifest {
    if (requested === '') throw notFound(requested);
    const asked = parseName(requested);
    if (!asked) throw failures.invalidName();
    const name = this.#existing(asked) ?? asked;
    const path = join(this.#folder, 'manifests', name.host, name.namespace, name.model, name.tag);
    if (!existsSync(path)) throw notFound(requested);
    try {
      return readManifest(path, name);
    } catch (error) {
      throw failures.badManifest((error as Error).message);
    }
  }

  #existing(asked: ModelName): ModelName | undefined {
    const wanted = fullName(asked).toLowerCase();
    return this.#manifests().find(({ name }) => fullName(name).toLowerCase() === wanted)?.name;
  }

  #manifests(): StoredManifest[] {
    const { good, warnings } = readManifests(this.#folder);
    for (const warning of warnings) this.warnings.add(warning);
    return good;
  }

  /**
   * Undefined while a blob is missing that is read to describe the model. A missing model file is none of those: then
   * the model is kept as one that can do nothing, even when the file comes.
   */
  #model(manifest: StoredManifest): Model | undefined {
    const seen = this.#seen.get(manifest.digest) ?? lookAtModel(this.#folder, manifest);
    const model = storedModel(this.#folder, manifest, seen);
    if (model) this.#seen.set(manifest.digest, seen);
    return model;
  }
}
