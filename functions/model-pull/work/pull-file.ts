import {
  blobsOf,
  LAYER_PREFIX,
  MANIFEST_TYPE,
  type ManifestBlob,
} from '#shared/protocol/registry/manifest.ts';
import { type ModelName, modelPath } from '#shared/protocol/registry/model-name.ts';
import type { Workplace } from '../depot.ts';
import { goJson } from '../derive/go-json.ts';
import { configOf } from '../gguf/config-of.ts';
import { readGguf } from '../gguf/read-gguf.ts';
import type { Done } from '../run/kinds.ts';
import type { Lease } from '../run/lease.ts';
import { digestOf } from '../store/hash-file.ts';
import type { Staged } from '../transfer/transfer.ts';
import { checkManifestAllowed } from './allow-list.ts';
import { assertBytes } from './assert-room.ts';
import { fetchInto, isStillThere } from './fetch-into.ts';
import { publish } from './publish.ts';
import type { PullWish } from './requests.ts';

/** Makes a model of a plain GGUF in object storage: what it is stands in its head, what it needs besides in the request. */
export async function pullFile(
  place: Workplace,
  name: ModelName,
  wish: PullWish,
  lease: Lease,
): Promise<Done> {
  const staged = await bring(place, name, wish, lease);
  const gguf = await readGguf(staged.file);
  const texts = textsOf(wish);
  const model = { mediaType: `${LAYER_PREFIX}model`, digest: staged.digest, size: staged.size };
  const layers = [model, ...texts.map(blobOf)];
  const config = configOf(
    gguf,
    layers.map(({ digest }) => digest),
  );
  const manifest = { config: { ...blobOf({ kind: '', bytes: config }), mediaType: CONFIG_TYPE }, layers };
  const document = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, ...manifest }));
  checkManifestAllowed(place.config.PULL_ALLOW, name, document);
  const blobs = blobsOf(manifest);
  lease.progress.names(blobs);
  lease.progress.completed(staged.digest, staged.size);
  await lease.reportSurely();
  const bytes = new Map([...texts.map((text) => text.bytes), config].map((each) => [digestOf(each), each]));
  const again = async () => ((await isStillThere(staged)) ? staged : bring(place, name, wish, lease));
  const put = (blob: ManifestBlob) => putBlob(place, blob, again, bytes);
  return publish(place, { name, bytes: document, blobs, put }, lease);
}

const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';

async function bring(place: Workplace, name: ModelName, { source }: PullWish, lease: Lease): Promise<Staged> {
  const file = place.sources.file(source);
  const { etag, size } = await file.version(lease.signal);
  await assertBytes(place, size);
  lease.progress.brings(source, size);
  lease.progress.phase = 'pulling';
  // One folder for this model and this version of the file: this job alone writes there.
  const directory = place.store.stagingDirectory(`${modelPath(name)} ${source} ${etag}`);
  return fetchInto(place, lease, {
    source: file,
    size,
    directory,
    label: source,
    expected: undefined,
    isWeights: true,
  });
}

interface Text {
  kind: string;
  bytes: Buffer;
}

function textsOf({ template, system, parameters }: PullWish): Text[] {
  return [
    ...(template ? [{ kind: 'template', bytes: Buffer.from(template) }] : []),
    ...(system ? [{ kind: 'system', bytes: Buffer.from(system) }] : []),
    ...(parameters ? [{ kind: 'params', bytes: goJson(parameters) }] : []),
  ];
}

const blobOf = ({ kind, bytes }: Text): ManifestBlob => ({
  mediaType: LAYER_PREFIX + kind,
  digest: digestOf(bytes),
  size: bytes.length,
});

async function putBlob(
  { store }: Workplace,
  { digest, size }: ManifestBlob,
  file: () => Promise<Staged>,
  texts: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const text = texts.get(digest);
  if (text) await store.writeBlob(text);
  else if (await store.hasBlob(digest, size)) await store.touchBlob(digest);
  else await store.publishBlob(await file());
}
