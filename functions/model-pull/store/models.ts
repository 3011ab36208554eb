import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { blobsOf, LAYER_PREFIX, type ManifestBlob } from '#shared/protocol/registry/manifest.ts';
import type { ModelName } from '#shared/protocol/registry/model-name.ts';
import type { Gguf } from '../gguf/gguf.ts';
import { FEW_ITEMS, readGguf } from '../gguf/read-gguf.ts';
import type { Blobs } from './blobs.ts';
import { ifThere } from './durable-files.ts';
import { jsonOf } from './json-of.ts';
import type { Layout } from './layout.ts';
import type { Manifests, StoredManifest } from './manifests.ts';
import { EMPTY_CONFIG, type ModelConfig, readModelConfig } from './model-config.ts';

/** A model that is whole, with what its small parts say. */
export interface StoredModel {
  name: ModelName;
  stored: StoredManifest;
  config: ModelConfig;
  template: string | undefined;
  gguf: Gguf | undefined;
  projectors: Gguf[];
  /** The model that this one was made from. */
  parent: string;
}

const TEXT_LIMIT_BYTES = 4 * 1024 * 1024;
const Parameters = z.record(z.string(), z.unknown());
/** Heads of model files, some kilobytes each; one that means ill may have megabytes, and is read anew each time. */
const MOST_REMEMBERED = 256;

export class Models {
  readonly #layout: Layout;
  readonly #blobs: Blobs;
  readonly #manifests: Manifests;
  /** By digest, so they stay right for ever: reading a head from a NAS takes megabytes. */
  readonly #heads = new Map<string, Gguf>();

  constructor(layout: Layout, blobs: Blobs, manifests: Manifests) {
    this.#layout = layout;
    this.#blobs = blobs;
    this.#manifests = manifests;
  }

  /** Undefined where a part of it is missing, or cannot be read. */
  async open(name: ModelName): Promise<StoredModel | undefined> {
    const stored = await this.#manifests.read(name);
    if (!stored || (await this.missing(stored)).length > 0) return undefined;
    const config = await this.#config(stored);
    const template = await this.texts(stored, 'template', 'prompt');
    if (!config || !template) return undefined;
    const [model] = layersOf(stored, 'model');
    const parent = model && 'from' in model && typeof model.from === 'string' ? model.from : '';
    const projectors = await Promise.all(
      layersOf(stored, 'projector').map(({ digest }) => this.head(digest)),
    );
    return {
      name,
      stored,
      config,
      template: template.at(-1),
      gguf: model && (await this.head(model.digest)),
      projectors: projectors.filter((head) => head !== undefined),
      parent,
    };
  }

  async missing({ manifest }: StoredManifest): Promise<ManifestBlob[]> {
    const blobs = blobsOf(manifest);
    const are = await Promise.all(blobs.map(({ digest, size }) => this.#blobs.isThere(digest, size)));
    return blobs.filter((_, index) => !are[index]);
  }

  /** The layers of these kinds as text, in their order; undefined when one cannot be read. */
  async texts(stored: StoredManifest, ...kinds: string[]): Promise<string[] | undefined> {
    const layers = layersOf(stored, ...kinds);
    const texts = await Promise.all(layers.map(({ digest }) => this.text(digest)));
    return texts.every((text) => text !== undefined) ? texts : undefined;
  }

  async text(digest: string): Promise<string | undefined> {
    const bytes = await unlessRefused(this.#blobs.read(digest, TEXT_LIMIT_BYTES));
    return bytes?.toString('utf8');
  }

  /** The defaults of its options; undefined when they cannot be read. */
  async parameters({ stored }: StoredModel): Promise<Record<string, unknown> | undefined> {
    const texts = await this.texts(stored, 'params');
    const all = texts?.map((text) => Parameters.safeParse(jsonOf(text)).data);
    // Of several the first counts, as when Ollama derives.
    return all?.every((each) => each !== undefined) ? Object.assign({}, ...all.toReversed()) : undefined;
  }

  /** What a model file says of itself; undefined for one that is none, or is gone. */
  async head(digest: string): Promise<Gguf | undefined> {
    const known = this.#heads.get(digest);
    const head = known ?? (await this.wholeHead(digest, FEW_ITEMS));
    if (!head || (!known && isLarge(head))) return head;
    this.#heads.delete(digest);
    this.#heads.set(digest, head); // the last one used stays longest
    const [oldest] = this.#heads.keys();
    if (this.#heads.size > MOST_REMEMBERED && oldest) this.#heads.delete(oldest);
    return head;
  }

  /** With its vocabulary, so nothing to remember. */
  wholeHead = (digest: string, keptItems = Number.POSITIVE_INFINITY): Promise<Gguf | undefined> =>
    unlessRefused(ifThere(readGguf(this.#layout.blob(digest), keptItems)));

  async #config({ manifest: { config } }: StoredManifest): Promise<ModelConfig | undefined> {
    if (!config) return EMPTY_CONFIG;
    const bytes = await unlessRefused(this.#blobs.read(config.digest, TEXT_LIMIT_BYTES));
    return bytes && readModelConfig(bytes);
  }
}

const LARGE_HEAD = 256 * 1024;
const isLarge = ({ metadata }: Gguf) => JSON.stringify([...metadata]).length > LARGE_HEAD;

export const layersOf = ({ manifest }: StoredManifest, ...kinds: string[]): ManifestBlob[] =>
  manifest.layers.filter(({ mediaType }) => kinds.some((kind) => mediaType === LAYER_PREFIX + kind));

async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
