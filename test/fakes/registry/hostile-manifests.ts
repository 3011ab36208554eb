import { LAYER_PREFIX, MANIFEST_TYPE } from '#shared/protocol/registry/manifest.ts';
import { aConfig, aTinyModel } from './a-model.ts';
import { type Content, contentOf, digestOf, endlessContent } from './content.ts';
import { type ManifestBlob, manifestOf } from './manifest-of.ts';

/** A manifest that means ill. */
export interface HostileManifest {
  /** In one line, what is wrong with it. */
  name: string;
  manifest: () => Content;
  /** What it needs besides the blobs of `aTinyModel`, which need not be there. */
  blobs?: readonly Buffer[];
}

const good = manifestOf(aTinyModel());
const [model, ...others] = good.layers as [ManifestBlob, ...ManifestBlob[]];
const hex = model.digest.slice('sha256:'.length);

const json = (value: unknown) => contentOf(Buffer.from(JSON.stringify(value)));
const text = (words: string) => contentOf(Buffer.from(words));

/** A good manifest but for one thing. */
const but = (name: string, changes: object): HostileManifest => ({
  name,
  manifest: () => json({ ...good, ...changes }),
});
/** But for its first layer, the model file. */
const butLayer = (name: string, changes: object) =>
  but(name, { layers: [{ ...model, ...changes }, ...others] });
const butDigest = (name: string, digest: unknown) => butLayer(`a digest that is ${name}`, { digest });
/** JSON has numbers that JavaScript cannot write. */
const butSize = (name: string, size: string): HostileManifest => ({
  name: `a size that is ${name}`,
  manifest: () => text(JSON.stringify(good).replace(`"size":${model.size}`, `"size":${size}`)),
});

const remote = Buffer.from(
  JSON.stringify(aConfig({ remote_host: 'https://ollama.com:443', remote_model: 'gpt-oss:120b' })),
);
/** No text of a database can hold it, and so no reason that has it. */
const newer = Buffer.from(JSON.stringify(aConfig({ requires: '99.0.0\u0000\u001b[2J' })));
const layersOf = (kind: string) => [...good.layers, { ...model, mediaType: LAYER_PREFIX + kind }];
const manyLayers = () =>
  Array.from({ length: 100_000 }, (_, at) => ({ ...model, digest: digestOf(Buffer.from(`${at}`)) }));

/** Each is to be refused; nothing of it may be fetched but, where it says so, a config. */
export const HOSTILE_MANIFESTS: readonly HostileManifest[] = [
  butDigest('a path', 'sha256:../../x'),
  butDigest('a path of the right length', `sha256:${'../'.repeat(21)}x`),
  butDigest('in upper case', `sha256:${hex.toUpperCase()}`),
  butDigest('a sha512', `sha512:${hex}${hex}`),
  butDigest('too short', `sha256:${hex.slice(1)}`),
  butDigest('followed by a line', `sha256:${hex}\n`),
  butDigest('followed by more', `sha256:${hex}/../x`),
  butDigest('written with a hyphen', `sha256-${hex}`),
  butDigest('empty', ''),
  butDigest('a number', 7),
  butDigest('missing', undefined),
  butSize('negative', '-1'),
  butSize('huge', '1e308'),
  butSize('more than a number can be', '1e999'),
  butSize('past what is exact', '9007199254740993'),
  butSize('fractional', '0.5'),
  butSize('a string', `"${model.size}"`),
  butSize('null', 'null'),
  { name: '100,000 layers', manifest: () => json({ ...good, layers: manyLayers() }) },
  { name: 'ten megabytes', manifest: () => json({ ...good, annotations: { a: 'a'.repeat(10_000_000) } }) },
  { name: 'no end', manifest: () => endlessContent(JSON.stringify(good).slice(0, -1)) },
  { name: 'arrays in arrays', manifest: () => text('['.repeat(500_000)) },
  { name: 'not JSON', manifest: () => text('<html><title>Sign in</title></html>') },
  { name: 'half of it', manifest: () => text(JSON.stringify(good).slice(0, 200)) },
  { name: 'no bytes', manifest: () => text('') },
  { name: 'a JSON array', manifest: () => json([good]) },
  { name: 'null', manifest: () => json(null) },
  but('no layers', { layers: [] }),
  but('layers that are null', { layers: null }),
  but('no model layer', { layers: others }),
  but('tensor layers', { layers: layersOf('tensor') }),
  but('a layer of an unknown media type', { layers: layersOf('executable') }),
  but('a layer that is a container', {
    layers: [...good.layers, { ...model, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
  }),
  but('one digest with two sizes', { layers: [...good.layers, { ...model, size: model.size + 1 }] }),
  but('larger than any disk', {
    layers: [0, 1, 2].map((at) => ({ ...model, digest: digestOf(Buffer.from(`${at}`)), size: 2 ** 53 - 1 })),
  }),
  but('schema version 1', { schemaVersion: 1 }),
  but('an OCI index', {
    mediaType: 'application/vnd.oci.image.index.v1+json',
    layers: undefined,
    config: undefined,
    manifests: [{ mediaType: MANIFEST_TYPE, digest: model.digest, size: model.size }],
  }),
  {
    ...but('a config that runs elsewhere', {
      config: { ...good.config, digest: digestOf(remote), size: remote.length },
    }),
    blobs: [remote],
  },
  {
    ...but('a config that requires what cannot be written down', {
      config: { ...good.config, digest: digestOf(newer), size: newer.length },
    }),
    blobs: [newer],
  },
];
