import type { Readable } from 'node:stream';
import type { ManifestBlob } from '#shared/protocol/registry/manifest.ts';

/** Where a model comes from: a registry, or a mirror in object storage. */
export interface Source {
  /**
   * The manifest's bytes as they are there, not yet looked at.
   *
   * @throws GatewayError `model_not_found`, `upstream_error`, `upstream_timeout`.
   */
  manifest(signal: AbortSignal): Promise<Buffer>;
  blob(blob: ManifestBlob): BlobSource;
}

/** The bytes of one blob, in any parts. */
export interface BlobSource {
  /** As the place itself says it; it may contradict the manifest. */
  size(signal: AbortSignal): Promise<number>;
  /**
   * The bytes from `start` up to `end` (exclusive). Gives exactly these or an error: a place that answers with
   * another range or with too much is refused, and one that ends early is an error of the stream.
   *
   * @throws GatewayError, also as the stream's error.
   */
  read(range: ByteRange, signal: AbortSignal): Promise<Readable>;
}

export interface ByteRange {
  start: number;
  end: number;
}
