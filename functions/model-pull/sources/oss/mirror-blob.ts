import { readFile } from 'node:fs/promises';
import { hexOf } from '#shared/protocol/registry/digest.ts';
import {
  abandonLeftOver,
  assertSize,
  type BlobUpload,
  begunUpload,
  forget,
  measured,
} from './begun-upload.ts';
import type { Checkpoint } from './checkpoint.ts';
import { inParallel, persist } from './persist.ts';
import { headOf } from './read-object.ts';
import { StoreError } from './store-error.ts';
import { joinParts, type Part, partsThere, putWhole, sendPart } from './upload.ts';

const AT_ONCE = 4;
/** An upload may be ended by others: by who works at the same, or by a rule of the bucket. */
const MOST_ROUNDS = 4;

/**
 * Brings a blob into the mirror, unless it is there. What is there is known by its size and by the digest beside it,
 * which only we write, and only for bytes that we have hashed.
 *
 * @throws StoreError, GatewayError for a file that is not this blob.
 */
export async function mirrorBlob(upload: BlobUpload): Promise<void> {
  const { blob, partBytes, onProgress } = upload;
  for (let round = 0; !(await isThere(upload)); round += 1) {
    if (round === MOST_ROUNDS) throw new StoreError('away', 'it does not keep what is put there');
    await assertSize(blob);
    if (blob.size <= partBytes) await bringWhole(upload);
    else await bringInParts(upload);
  }
  await abandonLeftOver(upload);
  onProgress(blob.size);
}

const isThere = ({ blob, target, pauseMs }: BlobUpload): Promise<boolean> =>
  persist({ ...target, pauseMs }, async () => {
    const head = await headOf(target.place, target.key, target.signal);
    return head?.size === blob.size && head.sha256 === hexOf(blob.digest);
  });

async function bringWhole({ blob, target, partBytes, pauseMs }: BlobUpload): Promise<void> {
  const { digest, md5s } = await measured(blob, partBytes, target.signal);
  const bytes = await readFile(blob.file, { signal: target.signal });
  await persist({ ...target, pauseMs }, () => putWhole(target, bytes, { digest, md5: md5s[0]! }));
}

async function bringInParts(upload: BlobUpload): Promise<void> {
  const checkpoint = await begunUpload(upload);
  try {
    await sendMissing(upload, checkpoint);
    await forget(upload, checkpoint);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // It is over: by the hand of somebody who has it whole by now, or it is to begin anew.
    if (error.problem === 'missing') return forget(upload, checkpoint);
    // A part was written over since it was looked at: the next round looks again.
    if (error.code !== 'InvalidPart') throw error;
  }
}

async function sendMissing(upload: BlobUpload, checkpoint: Checkpoint): Promise<void> {
  const { blob, target, pauseMs, onProgress } = upload;
  const again = { ...target, pauseMs };
  const { uploadId } = checkpoint;
  const parts = partsOf(blob.file, checkpoint);
  const there = await persist(again, () => partsThere(target, uploadId, parts));
  let completed = 0;
  const count = ({ start, end }: Part) => {
    completed += end - start;
    onProgress(completed);
  };
  parts.filter(({ number }) => there.has(number)).forEach(count);
  const missing = parts.filter(({ number }) => !there.has(number));
  await inParallel(AT_ONCE, missing, target.signal, async (part, signal) => {
    await persist({ signal, pauseMs }, () => sendPart({ ...target, signal }, uploadId, part));
    count(part);
  });
  await persist(again, () => joinParts(target, uploadId, parts));
}

const partsOf = (file: string, { size, partBytes, md5s }: Checkpoint): Part[] =>
  md5s.map((md5, at) => {
    const start = at * partBytes;
    return { number: at + 1, file, start, end: Math.min(start + partBytes, size), md5 };
  });
