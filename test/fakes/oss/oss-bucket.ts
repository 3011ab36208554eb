import type { IncomingMessage, ServerResponse } from 'node:http';
import { flipped, misbehave, type OssFault } from './oss-faults.ts';
import { answerOf, etagOf, md5Of, metaOf, type StoredObject } from './oss-objects.ts';
import type { Operation } from './oss-operations.ts';
import { OssUploads, type UploadError } from './oss-uploads.ts';
import { tellXml, xmlText } from './oss-xml.ts';
import type { SignedRequest } from './signed-request.ts';

/** A request that was let in. */
export interface Admitted {
  operation: Operation;
  signed: SignedRequest;
  body: Buffer;
  fault: OssFault | undefined;
}

export type BucketError = UploadError | 'NoSuchKey' | 'PreconditionFailed' | 'InvalidRange' | 'InvalidDigest';

/** The objects of one bucket, and what can be asked of them. */
export class OssBucket {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new OssUploads();
  readonly #mostListed: number;

  constructor(mostListed: number) {
    this.#mostListed = mostListed;
  }

  /** Answers it, or says what is wrong. */
  serve(admitted: Admitted, request: IncomingMessage, response: ServerResponse): BucketError | undefined {
    const { operation, signed, fault } = admitted;
    if (operation === 'GetObject' || operation === 'HeadObject')
      return this.#read(signed.key, fault, request, response);
    const done = this.#write(admitted);
    if (typeof done === 'string') return done;
    if (fault?.kind === 'lost-answer') request.socket.destroy();
    else if (done.xml !== undefined) tellXml(request, response, done.xml);
    else response.writeHead(done.status ?? 200, done.etag === undefined ? {} : { etag: done.etag }).end();
    return undefined;
  }

  #read(key: string, fault: OssFault | undefined, request: IncomingMessage, response: ServerResponse) {
    const object = this.objects.get(key);
    if (!object) return 'NoSuchKey';
    const answer = answerOf(object, request.headers);
    if (typeof answer === 'string') return answer;
    if (fault) misbehave(fault, request, response, answer);
    else
      response
        .writeHead(answer.status, answer.headers)
        .end(request.method === 'HEAD' ? undefined : answer.bytes);
    return undefined;
  }

  #write({ operation, signed, body, fault }: Admitted): BucketError | Done {
    const { key, headers, query } = signed;
    const id = query.get('uploadId') ?? '';
    const bytes = fault?.kind === 'wrong-bytes' ? flipped(body) : body;
    const md5 = headers['content-md5'];
    if (md5 !== undefined && md5 !== md5Of(bytes).toString('base64')) return 'InvalidDigest';
    const contentType = headers['content-type'] ?? 'application/octet-stream';
    switch (operation) {
      case 'PutObject': {
        const etag = etagOf(bytes);
        this.objects.set(key, { bytes, contentType, isPublic: false, etag, meta: metaOf(headers) });
        return { etag };
      }
      case 'InitiateMultipartUpload': {
        const begun = this.uploads.begin(key, contentType, metaOf(headers));
        const named = `<Key>${xmlText(key)}</Key><UploadId>${begun}</UploadId>`;
        return { xml: `<InitiateMultipartUploadResult>${named}</InitiateMultipartUploadResult>` };
      }
      case 'UploadPart':
        return this.uploads.put(key, id, Number(query.get('partNumber')), bytes);
      case 'ListParts': {
        const most = Math.min(Number(query.get('max-parts') ?? 1000), this.#mostListed);
        const listed = this.uploads.list(key, id, Number(query.get('part-number-marker') ?? 0), most);
        return listed.startsWith('<') ? { xml: listed } : (listed as UploadError);
      }
      case 'CompleteMultipartUpload': {
        const object = this.uploads.complete(key, id, String(bytes));
        if (typeof object === 'string') return object;
        this.objects.set(key, object);
        const { etag } = object;
        return {
          xml: `<CompleteMultipartUploadResult><Key>${xmlText(key)}</Key><ETag>${etag}</ETag></CompleteMultipartUploadResult>`,
        };
      }
      default:
        return this.uploads.abort(key, id) ?? { status: 204 };
    }
  }
}

interface Done {
  status?: number;
  etag?: string;
  xml?: string;
}
