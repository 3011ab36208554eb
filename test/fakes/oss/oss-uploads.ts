import { randomBytes } from 'node:crypto';
import { etagOf, md5Of, type StoredObject } from './oss-objects.ts';
import { xmlText } from './oss-xml.ts';

interface Upload {
  key: string;
  contentType: string;
  meta: Record<string, string>;
  parts: Map<number, Buffer>;
}

const LEAST_PART_BYTES = 100 * 1024;
const MOST_PARTS = 10_000;

/** What OSS says of an upload that cannot be. */
export type UploadError =
  | 'NoSuchUpload'
  | 'InvalidArgument'
  | 'InvalidPart'
  | 'InvalidPartOrder'
  | 'EntityTooSmall'
  | 'MalformedXML';

/** The multipart uploads of a bucket that have begun and are not over. */
export class OssUploads {
  readonly #uploads = new Map<string, Upload>();

  get ids(): string[] {
    return [...this.#uploads.keys()];
  }

  begin(key: string, contentType: string, meta: Record<string, string>): string {
    const id = randomBytes(16).toString('hex').toUpperCase();
    this.#uploads.set(id, { key, contentType, meta, parts: new Map() });
    return id;
  }

  /** @returns its ETag. */
  put(key: string, id: string, number: number, bytes: Buffer): { etag: string } | UploadError {
    if (!(Number.isInteger(number) && number >= 1 && number <= MOST_PARTS)) return 'InvalidArgument';
    const upload = this.#of(key, id);
    if (!upload) return 'NoSuchUpload';
    upload.parts.set(number, bytes);
    return { etag: etagOf(bytes) };
  }

  list(key: string, id: string, marker: number, most: number): string | UploadError {
    const upload = this.#of(key, id);
    if (!upload) return 'NoSuchUpload';
    const after = [...upload.parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
    const page = after.slice(0, most);
    const parts = page.map(
      ([number, bytes]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${etagOf(bytes)}</ETag><Size>${bytes.length}</Size></Part>`,
    );
    return `<ListPartsResult>
  <Key>${xmlText(key)}</Key>
  <UploadId>${id}</UploadId>
  <PartNumberMarker>${marker}</PartNumberMarker>
  <NextPartNumberMarker>${page.at(-1)?.[0] ?? marker}</NextPartNumberMarker>
  <MaxParts>${most}</MaxParts>
  <IsTruncated>${page.length < after.length}</IsTruncated>
  ${parts.join('\n  ')}
</ListPartsResult>
`;
  }

  complete(key: string, id: string, xml: string): StoredObject | UploadError {
    const upload = this.#of(key, id);
    if (!upload) return 'NoSuchUpload';
    const listed = [...xml.matchAll(/<PartNumber>(\d+)<\/PartNumber>\s*<ETag>([^<]*)<\/ETag>/g)];
    if (listed.length === 0) return 'MalformedXML';
    const numbers = listed.map(([, number]) => Number(number));
    if (numbers.some((number, at) => number <= (numbers[at - 1] ?? 0))) return 'InvalidPartOrder';
    const parts = listed.map(([, number, etag]) => {
      const bytes = upload.parts.get(Number(number));
      return bytes && etag!.replaceAll('&quot;', '"') === etagOf(bytes) ? bytes : undefined;
    });
    if (!parts.every((part) => part !== undefined)) return 'InvalidPart';
    if (parts.slice(0, -1).some((part) => part.length < LEAST_PART_BYTES)) return 'EntityTooSmall';
    this.#uploads.delete(id);
    const sums = md5Of(Buffer.concat(parts.map(md5Of)))
      .toString('hex')
      .toUpperCase();
    const { contentType, meta } = upload;
    const bytes = Buffer.concat(parts);
    return { bytes, contentType, meta, isPublic: false, etag: `"${sums}-${parts.length}"` };
  }

  abort(key: string, id: string): UploadError | undefined {
    if (!this.#of(key, id)) return 'NoSuchUpload';
    this.#uploads.delete(id);
    return undefined;
  }

  #of(key: string, id: string): Upload | undefined {
    const upload = this.#uploads.get(id);
    return upload?.key === key ? upload : undefined;
  }
}
