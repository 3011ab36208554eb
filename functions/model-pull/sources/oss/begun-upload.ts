import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '#shared/errors.ts';
import { hexOf, shortDigest } from '#shared/protocol/registry/digest.ts';
import { type Checkpoint, forgetCheckpoint, keepCheckpoint, readCheckpoint } from './checkpoint.ts';
import { type Measured, measure, partBytesFor } from './measure.ts';
import { persist } from './persist.ts';
import { beginUpload, giveUp, type Target } from './upload.ts';

export interface StoredBlob {
  digest: string;
  size: number;
  file: string;
}

export interface BlobUpload {
  blob: StoredBlob;
  target: Target;
  /** Remembers an upload that has begun, so that another process goes on with it. */
  checkpoints: string;
  partBytes: number;
  pauseMs: number;
  onProgress(completedBytes: number): void;
}

/** The upload in parts to go on with: one that was begun before, by whomever, or a new one. */
export const begunUpload = async (upload: BlobUpload): Promise<Checkpoint> =>
  (await usableCheckpoint(upload)) ?? begin(upload);

/** What an earlier process has begun; where it is of no use, it is given up. */
async function usableCheckpoint(upload: BlobUpload): Promise<Checkpoint | undefined> {
  const { blob, target } = upload;
  const found = await readCheckpoint(directoryOf(upload));
  if (!found) return undefined;
  const isOurs = found.bucket === target.place.bucket.name && found.key === target.key;
  const isSound =
    found.digest === blob.digest &&
    found.size === blob.size &&
    found.md5s.length === Math.ceil(found.size / found.partBytes);
  if (isOurs && isSound) return found;
  // In another bucket it is not ours to end: the credential may not be for it.
  if (isOurs) await abandon(upload, found);
  else await forget(upload, found);
  return undefined;
}

async function begin(upload: BlobUpload): Promise<Checkpoint> {
  const { blob, target, pauseMs } = upload;
  const partBytes = partBytesFor(blob.size, upload.partBytes);
  const { digest, size, md5s } = await measured(blob, partBytes, target.signal);
  const uploadId = await persist({ ...target, pauseMs }, () => beginUpload(target, digest));
  const { key, place } = target;
  const checkpoint = { bucket: place.bucket.name, key, uploadId, digest, size, partBytes, md5s };
  if (await keepCheckpoint(directoryOf(upload), checkpoint)) return checkpoint;
  await giveUp(target, uploadId);
  return begunUpload(upload);
}

/** Of a blob that came into the mirror by another hand. */
export async function abandonLeftOver(upload: BlobUpload): Promise<void> {
  const left = await readCheckpoint(directoryOf(upload));
  if (left) await abandon(upload, left);
}

async function abandon(upload: BlobUpload, checkpoint: Checkpoint): Promise<void> {
  await giveUp(upload.target, checkpoint.uploadId);
  await forget(upload, checkpoint);
}

export const forget = (upload: BlobUpload, { uploadId }: Checkpoint): Promise<void> =>
  forgetCheckpoint(directoryOf(upload), uploadId);

/** @throws GatewayError when the file is not this blob. */
export async function measured(blob: StoredBlob, partBytes: number, signal: AbortSignal): Promise<Measured> {
  await assertSize(blob);
  const found = await measure(blob.file, partBytes, signal);
  if (found.digest !== blob.digest) throw otherBytes(blob);
  return found;
}

/** @throws GatewayError when it is not as large as it should be. */
export async function assertSize(blob: StoredBlob): Promise<void> {
  const { size } = await stat(blob.file);
  if (size !== blob.size) throw otherBytes(blob);
}

const otherBytes = ({ digest }: StoredBlob) =>
  new GatewayError(
    'internal_error',
    `The blob ${shortDigest(digest)} of this store has other bytes than it should have, and is not mirrored.`,
  );

const directoryOf = ({ checkpoints, blob }: BlobUpload) => join(checkpoints, `mirror-${hexOf(blob.digest)}`);
