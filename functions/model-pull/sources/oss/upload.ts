import { ask, type Place } from './connection.ts';
import { StoreError } from './store-error.ts';

/** For what takes as long as its bytes do: a part, or the joining of them. */
const UPLOAD_TIMEOUT_MS = 10 * 60_000;

/** An object that is being written. */
export interface Target {
  place: Place;
  key: string;
  signal: AbortSignal;
}

/** The digest of what is written, beside it: by this we know our own. */
const metaOf = (digest: string) => ({ 'x-oss-meta-sha256': digest.slice('sha256:'.length) });
const base64Of = (md5: string) => Buffer.from(md5, 'hex').toString('base64');

/** @param md5 of the bytes, as hex; the store refuses others. */
export const putWhole = (
  { place, key, signal }: Target,
  bytes: Buffer,
  { digest, md5 }: { digest: string; md5: string },
): Promise<unknown> => {
  const headers = { ...metaOf(digest), 'Content-MD5': base64Of(md5) };
  return ask(place, signal, (client) => client.put(key, bytes, { headers }), UPLOAD_TIMEOUT_MS);
};

export const beginUpload = async ({ place, key, signal }: Target, digest: string): Promise<string> => {
  const { uploadId } = await ask(place, signal, (client) =>
    client.initMultipartUpload(key, { headers: metaOf(digest) }),
  );
  if (!uploadId) throw new StoreError('refused', 'no id of an upload');
  return uploadId;
};

export interface Part {
  number: number;
  file: string;
  start: number;
  end: number;
  /** As hex. The store refuses other bytes. */
  md5: string;
}

export const sendPart = async (target: Target, uploadId: string, part: Part): Promise<void> => {
  const { place, key, signal } = target;
  const { number, file, start, end, md5 } = part;
  const options = { headers: { 'Content-MD5': base64Of(md5) } } as object;
  const { etag } = await ask(
    place,
    signal,
    (client) => client.uploadPart(key, uploadId, number, file, start, end, options),
    UPLOAD_TIMEOUT_MS,
  );
  if (!isTagOf(etag, md5)) throw new StoreError('away', 'a part with another MD5');
};

/** A part's ETag is its MD5 (reference: OSS's UploadPart). */
const isTagOf = (etag: string, md5: string) => etag.replaceAll('"', '').toLowerCase() === md5;

/** The numbers of those parts that are there as they should be. @throws StoreError `missing` for an upload that is over. */
export async function partsThere(
  { place, key, signal }: Target,
  uploadId: string,
  parts: readonly Part[],
): Promise<Set<number>> {
  const there = new Set<number>();
  for (let marker = 0; ; ) {
    const query = { 'max-parts': 1000, 'part-number-marker': marker, 'encoding-type': 'url' } as const;
    const page = await ask(place, signal, (client) => client.listParts(key, uploadId, query));
    for (const { PartNumber, ETag, Size } of listOf(page.parts)) {
      const part = parts[Number(PartNumber) - 1];
      if (part && Number(Size) === part.end - part.start && isTagOf(String(ETag), part.md5))
        there.add(part.number);
    }
    const next = Number(page.nextPartNumberMarker);
    if (String(page.isTruncated) !== 'true' || !(next > marker)) return there;
    marker = next;
  }
}

interface ListedPart {
  PartNumber: unknown;
  ETag: unknown;
  Size: unknown;
}

/** `ali-oss` gives what is alone without a list around it. */
const listOf = (parts: unknown) => [parts ?? []].flat() as ListedPart[];

/** Joins the parts. The store compares each with the MD5 that we know of it, not with what it says itself. */
export const joinParts = (
  { place, key, signal }: Target,
  uploadId: string,
  parts: readonly Part[],
): Promise<unknown> => {
  const tags = parts.map(({ number, md5 }) => ({ number, etag: `"${md5.toUpperCase()}"` }));
  return ask(
    place,
    signal,
    (client) => client.completeMultipartUpload(key, uploadId, tags),
    UPLOAD_TIMEOUT_MS,
  );
};

/** Gives an upload up; its parts would be kept and paid for. One that is over is as good. */
export async function giveUp({ place, key, signal }: Target, uploadId: string): Promise<void> {
  try {
    await ask(place, signal, (client) => client.abortMultipartUpload(key, uploadId));
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'missing') throw error;
  }
}
