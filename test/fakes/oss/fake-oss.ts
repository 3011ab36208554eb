import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BucketError, OssBucket } from './oss-bucket.ts';
import { type FaultPlace, misbehave, type OssFault, PlannedFaults } from './oss-faults.ts';
import { etagOf } from './oss-objects.ts';
import { type Operation, operationOf } from './oss-operations.ts';
import { tellError } from './oss-xml.ts';
import { refusedFor } from './signatures.ts';
import type { Account, Refused } from './signed-request.ts';

interface OssRequest {
  method: string;
  host: string;
  path: string;
  key: string;
  operation: Operation | undefined;
  /** Of an upload. */
  part: number | undefined;
  status: number;
  /** Settled when the connection of the request is no longer used for it. */
  over: Promise<'answered' | 'left'>;
}

export interface OssOptions {
  bucket: string;
  /** Such as `cn-hangzhou`. */
  region: string;
  account: Account;
  /** How many parts one listing has at most. */
  mostListed?: number;
}

export type FakeOss = Awaited<ReturnType<typeof startFakeOss>>;

const STATUS: Record<Refused | BucketError | 'NoSuchBucket' | 'MethodNotAllowed', number> = {
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  RequestTimeTooSkewed: 403,
  SecurityTokenExpired: 403,
  NoSuchKey: 404,
  NoSuchBucket: 404,
  NoSuchUpload: 404,
  MethodNotAllowed: 405,
  PreconditionFailed: 412,
  InvalidRange: 416,
  InvalidDigest: 400,
  InvalidArgument: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  EntityTooSmall: 400,
  MalformedXML: 400,
};

/**
 * One bucket of Alibaba Cloud OSS on loopback: objects, ranges and versions of them, multipart uploads; signatures
 * checked, errors as XML. The bucket is named by the host, as clients do it also where the endpoint is an IP address.
 */
export async function startFakeOss({ bucket, region, account, mostListed = 1000 }: OssOptions) {
  const store = new OssBucket(mostListed);
  const faults = new PlannedFaults();
  const requests: OssRequest[] = [];
  const accounts = { current: account, expired: [] as Account[] };
  const hosts = new Set([
    `${bucket}.oss-${region}.aliyuncs.com`,
    `${bucket}.oss-${region}-internal.aliyuncs.com`,
  ]);

  async function answer(request: IncomingMessage, response: ServerResponse, record: OssRequest) {
    const { method, key, operation, part } = record;
    const tell = (code: keyof typeof STATUS) => tellError(request, response, STATUS[code], code);
    const planned = operation && faults.take(key, operation, part);
    if (planned?.kind === 'silence') {
      request.resume(); // who reads nothing does not see the other go either
      return;
    }
    if (planned?.kind === 'meanwhile') planned.happens();
    const fault = planned?.kind === 'meanwhile' ? undefined : planned;
    const body = Buffer.concat(await request.toArray());
    if (!hosts.has(record.host)) return tell('NoSuchBucket');
    if (!operation) return tell('MethodNotAllowed');
    const query = queryOf(record.path);
    const isOpen = operation === 'GetObject' || operation === 'HeadObject';
    const isAnonymous = isOpen && request.headers.authorization === undefined && query.size === 0;
    const signed = { method, bucket, key, headers: headersOf(request), query };
    const refused =
      isAnonymous && store.objects.get(key)?.isPublic
        ? undefined
        : refusedFor(signed, accounts, region, Date.now());
    if (refused) return tell(refused);
    if (fault?.kind === 'status' || fault?.kind === 'redirect')
      return misbehave(fault, request, response, { status: 200, headers: {}, bytes: Buffer.alloc(0) });
    const wrong = store.serve({ operation, signed, body, fault }, request, response);
    if (wrong) tell(wrong);
  }

  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const query = queryOf(url);
    const key = decodeURIComponent(new URL(url, 'http://oss').pathname.slice(1));
    const part = query.has('partNumber') ? Number(query.get('partNumber')) : undefined;
    const host = request.headers.host ?? '';
    const operation = operationOf(method, query);
    const over = endOf(response);
    const record: OssRequest = { method, host, path: url, key, operation, part, status: 0, over };
    requests.push(record);
    response.once('close', () => {
      record.status = response.headersSent ? response.statusCode : 0;
    });
    // The client went while its request was read.
    answer(request, response, record).catch(() => request.socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The address by which the world knows an object. */
    addressOf: (key: string) =>
      `https://${bucket}.oss-${region}.aliyuncs.com/${key.split('/').map(encodeURIComponent).join('/')}`,
    put(key: string, bytes: Buffer, { contentType = 'application/octet-stream', isPublic = false } = {}) {
      store.objects.set(key, { bytes, contentType, isPublic, etag: etagOf(bytes), meta: {} });
    },
    remove: (key: string) => store.objects.delete(key),
    objects: store.objects as ReadonlyMap<string, { bytes: Buffer; meta: Record<string, string> }>,
    uploads: store.uploads,
    /** The next request for this object goes wrong in this way. */
    fail(key: string, fault: OssFault, place: FaultPlace = {}) {
      faults.plan(key, fault, place);
    },
    /** Another temporary credential; the former has expired. */
    renew(next: Account) {
      accounts.expired.push(accounts.current);
      accounts.current = next;
    },
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const queryOf = (url: string) => new Map(new URL(url, 'http://oss').searchParams);

const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));

const endOf = (response: ServerResponse) =>
  new Promise<'answered' | 'left'>((resolve) => {
    response.once('close', () => resolve(response.writableFinished ? 'answered' : 'left'));
  });
