import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAYER_PREFIX, MANIFEST_TYPE } from '#shared/protocol/registry/manifest.ts';
import { type ModelName, parseModelName } from '#shared/protocol/registry/model-name.ts';
import { Store } from './store.ts';

export async function aStore(): Promise<{
  store: Store;
  root: string;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const root = await mkdtemp(join(tmpdir(), 'store-'));
  const store = new Store(root);
  await store.prepare();
  return { store, root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, maxRetries: 3 }) };
}

export const named = (name: string): ModelName => parseModelName(name);

/** The parts of a model by their kinds: `{ model: bytes, template: '…' }`. */
export type Parts = Record<string, Buffer | string>;

/** Writes a model as Ollama would have it. @returns the digests by the kinds, and the manifest's bytes. */
export async function writeModel(store: Store, name: string, { config, ...parts }: Parts) {
  const layers = await Promise.all(
    Object.entries(parts).map(async ([kind, content]) => ({
      mediaType: LAYER_PREFIX + kind,
      ...(await store.writeBlob(Buffer.from(content))),
    })),
  );
  const configBlob = config === undefined ? { digest: '' } : await store.writeBlob(Buffer.from(config));
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: 'application/vnd.docker.container.image.v1+json', ...configBlob },
    layers,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  await store.writeManifest(named(name), bytes);
  const digests = Object.fromEntries(Object.keys(parts).map((kind, index) => [kind, layers[index]!.digest]));
  return { bytes, digests, config: configBlob.digest };
}

/** All files of a store by their paths, without those that say which blob was read. */
export async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return files
    .map((file) => file.slice(root.length + 1))
    .filter((file) => !file.startsWith('.pull/verified'))
    .toSorted();
}

/** Gives a file another time, without touching what is in it. */
export async function dated(file: string, time: Date): Promise<void> {
  await utimes(file, time, time);
}
