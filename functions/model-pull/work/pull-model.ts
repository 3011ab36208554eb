import type { ModelJob } from '#shared/model-jobs/job.ts';
import {
  blobsOf,
  isLarge,
  type Manifest,
  type ManifestBlob,
  readManifest,
} from '#shared/protocol/registry/manifest.ts';
import { nameOfPath } from '#shared/protocol/registry/model-name.ts';
import type { Workplace } from '../depot.ts';
import type { Done } from '../run/kinds.ts';
import type { Lease } from '../run/lease.ts';
import type { Source } from '../sources/source.ts';
import { readIfThere } from '../store/durable-files.ts';
import type { Staged } from '../transfer/transfer.ts';
import { checkManifestAllowed, checkNameAllowed } from './allow-list.ts';
import { assertRoom } from './assert-room.ts';
import { checkConfig } from './check-config.ts';
import { fetchInto, isStillThere } from './fetch-into.ts';
import { publish } from './publish.ts';
import { pullFile } from './pull-file.ts';
import { PullWish } from './requests.ts';
import { withBlob } from './with-blob.ts';

/**
 * Brings a model into the store: everything is fetched and verified before any of it can be seen, and the manifest, by
 * which a model exists, comes last (reference: ollama.md 2.10).
 */
export async function pullModel(place: Workplace, job: ModelJob, lease: Lease): Promise<Done> {
  const wish = PullWish.parse(job.request);
  const name = nameOfPath(job.model);
  const { PULL_ALLOW } = place.config;
  lease.progress.phase = 'pulling manifest';
  checkNameAllowed(PULL_ALLOW, name);
  if (wish.source !== 'registry' && wish.source !== 'mirror') return pullFile(place, name, wish, lease);
  const source = place.sources.of(name, wish.source);
  const bytes = await source.manifest(lease.signal);
  const manifest = readManifest(bytes);
  checkManifestAllowed(PULL_ALLOW, name, bytes);
  const blobs = blobsOf(manifest);
  lease.progress.names(blobs);
  await lease.reportSurely(); // from here on none of these blobs is garbage
  const bring = new Bringing(place, source, lease);
  await bring.all(manifest);
  return publish(place, { name, bytes, blobs, put: (blob) => bring.put(blob) }, lease);
}

/** The blobs of one model on their way from a source into the store. */
class Bringing {
  readonly #place: Workplace;
  readonly #source: Source;
  readonly #lease: Lease;
  readonly #staged = new Map<string, Staged>();

  constructor(place: Workplace, source: Source, lease: Lease) {
    this.#place = place;
    this.#source = source;
    this.#lease = lease;
  }

  /** Has each verified, here or in the store. The config first: it may say that the rest is not worth coming. */
  async all({ config, layers }: Manifest): Promise<void> {
    if (config) checkConfig(await this.#textOf(config), this.#place.config.OLLAMA_VERSION);
    await assertRoom(this.#place, blobsOf({ config, layers }));
    this.#lease.progress.phase = 'pulling';
    for (const layer of blobsOf({ config: undefined, layers })) await this.#stage(layer);
    this.#lease.progress.phase = 'verifying sha256 digest';
  }

  /** Puts one where Ollama reads it; the caller holds its lease. Fetches again what somebody took away meanwhile. */
  async put(blob: ManifestBlob): Promise<void> {
    const staged = this.#staged.get(blob.digest);
    this.#staged.delete(blob.digest);
    const { store } = this.#place;
    // One that is gone another job has published, and somebody may have removed it since.
    if (staged && (await isStillThere(staged))) await store.publishBlob(staged);
    else if (await store.hasBlob(blob.digest, blob.size)) await store.touchBlob(blob.digest);
    else await store.publishBlob(await this.#fetch(blob));
  }

  /** Brings it as often as somebody takes it away before it is read. */
  async #textOf(blob: ManifestBlob): Promise<string> {
    for (;;) {
      await this.#stage(blob);
      const file = this.#staged.get(blob.digest)?.file ?? this.#place.store.blobFile(blob.digest);
      const bytes = await readIfThere(file);
      if (bytes) return bytes.toString('utf8');
      this.#staged.delete(blob.digest);
    }
  }

  async #stage(blob: ManifestBlob): Promise<void> {
    const { digest, size } = blob;
    await withBlob(this.#place.database, this.#lease, digest, async () => {
      if (await this.#place.store.hasBlob(digest, size)) {
        await this.#place.store.touchBlob(digest); // young again, so that no garbage collection takes it
        this.#lease.progress.completed(digest, size);
      } else this.#staged.set(digest, await this.#fetch(blob));
    });
  }

  #fetch(blob: ManifestBlob): Promise<Staged> {
    const { digest, size } = blob;
    return fetchInto(this.#place, this.#lease, {
      source: this.#source.blob(blob),
      size,
      directory: this.#place.store.stagingDirectory(digest),
      label: digest,
      expected: digest,
      isWeights: isLarge(blob),
    });
  }
}
