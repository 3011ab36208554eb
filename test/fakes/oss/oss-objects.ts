import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

export interface StoredObject {
  bytes: Buffer;
  contentType: string;
  /** Whoever asks may read it. */
  isPublic: boolean;
  /** With its quotes. */
  etag: string;
  /** Of the client's own: headers that begin with `x-oss-meta-`. */
  meta: Record<string, string>;
}

export interface ObjectAnswer {
  status: 200 | 206;
  headers: OutgoingHttpHeaders;
  bytes: Buffer;
}

export const md5Of = (bytes: Buffer) => createHash('md5').update(bytes).digest();

/** Of what came at once, or as one part: its MD5. */
export const etagOf = (bytes: Buffer) => `"${md5Of(bytes).toString('hex').toUpperCase()}"`;

export const metaOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-oss-meta-')));

/** What a reading is answered with: `GetObject` and `HeadObject` in OSS's documentation. */
export function answerOf(
  object: StoredObject,
  headers: IncomingHttpHeaders,
): ObjectAnswer | 'PreconditionFailed' | 'InvalidRange' {
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted.replaceAll('"', '') !== object.etag.replaceAll('"', ''))
    return 'PreconditionFailed';
  const own = { 'content-type': object.contentType, etag: object.etag, ...object.meta };
  const { bytes } = object;
  const range = rangeOf(headers, bytes.length);
  if (range === 'InvalidRange') return range;
  if (!range) {
    const all = { ...own, 'accept-ranges': 'bytes', 'content-length': bytes.length };
    return { status: 200, headers: all, bytes };
  }
  const part = bytes.subarray(range.first, range.last + 1);
  const contentRange = `bytes ${range.first}-${range.last}/${bytes.length}`;
  const some = { ...own, 'content-range': contentRange, 'content-length': part.length };
  return { status: 206, headers: some, bytes: part };
}

/** A range that cannot be is as none, unless the client asks for what the standard says. */
function rangeOf(headers: IncomingHttpHeaders, size: number) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const isStandard = headers['x-oss-range-behavior'] === 'standard';
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Number(last);
  if (from >= size || to < from) return isStandard ? 'InvalidRange' : undefined;
  if (to >= size) return isStandard ? { first: from, last: size - 1 } : undefined;
  return { first: from, last: to };
}
