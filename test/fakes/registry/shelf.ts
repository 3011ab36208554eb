import { MANIFEST_TYPE } from '#shared/protocol/registry/manifest.ts';
import { type Content, contentOf, digestOf } from './content.ts';
import { type ManifestJson, type ModelParts, manifestOf } from './manifest-of.ts';

/** Who may have a model. */
export interface Access {
  /** Public keys as they stand in `id_ed25519.pub` (its middle word); any when left out. */
  keys?: readonly string[];
  /** Where the challenge sends the client instead of to our own `/token`. */
  realm?: string;
  /** This `WWW-Authenticate` instead of the right one; none when empty. */
  challenge?: string;
}

export interface ModelRules {
  /** Public when left out. */
  access?: Access;
  /** The least version of Ollama in the `User-Agent`: `0.40.0`. */
  requires?: string;
  /** `registry.ollama.ai` was seen to say `text/plain` (ollama/ollama#6470). */
  contentType?: string;
}

/** How the bytes of a blob are handed out. */
export interface Delivery {
  /** By the CDN, after a redirect, or by the registry itself with 200. */
  by: 'cdn' | 'direct';
  status: 301 | 302 | 303 | 307 | 308;
  /** The first redirect is to the registry itself, with a relative `Location`. */
  sameHostFirst: boolean;
  /** The CDN answers HEAD too. */
  sizeByCdn: boolean;
  /** How many requests a signed address is good for. */
  linkUses: number;
}

export interface StoredModel extends ModelRules {
  manifest: Content;
}

export interface AddedModel {
  /** `library/tiny:latest` */
  name: string;
  manifest: Buffer;
  /** Of the manifest: what Ollama shows as the model's. */
  digest: string;
  json: ManifestJson;
  /** Of all blobs: the layers, then the config. */
  digests: string[];
}

const DELIVERY: Delivery = {
  by: 'cdn',
  status: 307,
  sameHostFirst: false,
  sizeByCdn: false,
  linkUses: Number.POSITIVE_INFINITY,
};

/** What the registry has. Every blob is to be had in every repository. */
export class Shelf {
  readonly models = new Map<string, StoredModel>();
  readonly blobs = new Map<string, Content>();
  readonly #deliveries = new Map<string, Partial<Delivery>>();
  readonly #delivery: Partial<Delivery>;

  constructor(delivery: Partial<Delivery>) {
    this.#delivery = delivery;
  }

  addModel(name: string, parts: ModelParts, rules: ModelRules = {}): AddedModel {
    for (const { content } of parts.layers) this.addBlob(content);
    this.addBlob(parts.config);
    const json = manifestOf(parts);
    const manifest = Buffer.from(JSON.stringify(json));
    const fullName = this.addManifest(name, contentOf(manifest), rules);
    const digests = [...json.layers, json.config].map(({ digest }) => digest);
    return { name: fullName, manifest, digest: digestOf(manifest), json, digests };
  }

  /** @returns the whole name: `library/` and `:latest` may be left out of what is given. */
  addManifest(name: string, manifest: Content, rules: ModelRules = {}): string {
    const [repository = '', tag = 'latest'] = name.split(':');
    const fullName = `${repository.includes('/') ? repository : `library/${repository}`}:${tag}`;
    this.models.set(fullName, { contentType: MANIFEST_TYPE, ...rules, manifest });
    return fullName;
  }

  /** @returns its digest. */
  addBlob(content: Content | Buffer): string {
    const blob = Buffer.isBuffer(content) ? contentOf(content) : content;
    this.blobs.set(blob.digest, blob);
    return blob.digest;
  }

  deliver(digest: string, delivery: Partial<Delivery>): void {
    this.#deliveries.set(digest, { ...this.#deliveries.get(digest), ...delivery });
  }

  deliveryOf(digest: string): Delivery {
    return { ...DELIVERY, ...this.#delivery, ...this.#deliveries.get(digest) };
  }

  /** Of the first model of a repository that has rules for who may have it. */
  accessOf(repository: string): Access | undefined {
    const ours = [...this.models].filter(([name]) => name.startsWith(`${repository}:`));
    return ours.find(([, { access }]) => access)?.[1].access;
  }

  hasRepository(repository: string): boolean {
    return [...this.models.keys()].some((name) => name.startsWith(`${repository}:`));
  }
}
