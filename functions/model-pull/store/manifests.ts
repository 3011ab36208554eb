import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GatewayError } from '#shared/errors.ts';
import { type Manifest, readManifest } from '#shared/protocol/registry/manifest.ts';
import { type ModelName, nameOfPath } from '#shared/protocol/registry/model-name.ts';
import {
  ifThere,
  moveInto,
  readIfThere,
  removeEmptyFolders,
  removeFile,
  statIfThere,
  writeTemporary,
} from './durable-files.ts';
import type { Layout } from './layout.ts';

export interface StoredManifest {
  bytes: Buffer;
  /** 64 hex digits of the sha256 of the bytes, as `/api/tags` shows it. */
  digest: string;
  manifest: Manifest;
  modifiedAt: Date;
}

/** The names of a store: one file for each, four folders deep. */
export class Manifests {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Undefined for one that is not there, and for one that cannot be used: half written, or not of our kind. */
  async read(name: ModelName): Promise<StoredManifest | undefined> {
    const file = this.#layout.manifest(name);
    const [bytes, found] = [await ifThere(readIfThere(file)), await statIfThere(file)];
    const manifest = bytes && usable(bytes);
    if (!bytes || !manifest || !found) return undefined;
    return {
      bytes,
      digest: createHash('sha256').update(bytes).digest('hex'),
      manifest,
      modifiedAt: found.mtime,
    };
  }

  /** Whether there is one, be it of any kind. */
  async isThere(name: ModelName): Promise<boolean> {
    return (await statIfThere(this.#layout.manifest(name)))?.isFile() === true;
  }

  /** So that whoever looks sees the old one or the new one, and never half of it. */
  async write(name: ModelName, bytes: Buffer): Promise<void> {
    const file = await writeTemporary(this.#layout.temporary, bytes);
    try {
      await moveInto(this.#layout.manifest(name), file);
    } finally {
      await removeFile(file); // there only when the move failed
    }
  }

  /** @returns whether there was one. */
  async remove(name: ModelName): Promise<boolean> {
    const file = this.#layout.manifest(name);
    const wasThere = await removeFile(file);
    await removeEmptyFolders(dirname(file), this.#layout.manifests);
    return wasThere;
  }

  /** The names that are there and that a model can have. */
  async names(): Promise<ModelName[]> {
    const paths = await this.#filesAt('', 4);
    return paths.flatMap((path) => nameIfGood(path) ?? []);
  }

  /** The name as it is written on the disk, part by part: `Qwen3` finds `qwen3` (Ollama's `getExistingName`). */
  async nameOnDisk(name: ModelName): Promise<ModelName> {
    const found = { ...name };
    let folder = this.#layout.manifests;
    for (const part of ['host', 'namespace', 'model', 'tag'] as const) {
      found[part] = sameIn(await entriesOf(folder), name[part]) ?? name[part];
      folder = join(folder, found[part]);
    }
    return found;
  }

  async #filesAt(folder: string, depth: number): Promise<string[]> {
    const entries = await entriesOf(join(this.#layout.manifests, folder));
    const paths = entries.map((entry) => (folder === '' ? entry : `${folder}/${entry}`));
    if (depth === 1) return paths;
    return (await Promise.all(paths.map((path) => this.#filesAt(path, depth - 1)))).flat();
  }
}

/** Nothing for what is no folder. */
const entriesOf = async (folder: string): Promise<string[]> => (await ifThere(readdir(folder))) ?? [];

const sameIn = (entries: readonly string[], wanted: string): string | undefined =>
  entries.find((entry) => entry === wanted) ??
  entries.toSorted().find((entry) => entry.toLowerCase() === wanted.toLowerCase());

const usable = (bytes: Buffer) => unlessRefused(() => readManifest(bytes));
const nameIfGood = (path: string) => unlessRefused(() => nameOfPath(path));

function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
