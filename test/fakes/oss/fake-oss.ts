import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { misbehave, type OssFault, tellError } from './oss-faults.ts';
import { refusedFor } from './signatures.ts';
import type { Account, Refused } from './signed-request.ts';

interface StoredObject {
  bytes: Buffer;
  contentType: string;
  /** Whoever asks may read it. */
  isPublic: boolean;
}

interface OssRequest {
  method: string;
  host: string;
  path: string;
  status: number;
  /** Settled when the connection of the request is no longer used for it. */
  over: Promise<'answered' | 'left'>;
}

export interface OssOptions {
  bucket: string;
  /** Such as `cn-hangzhou`. */
  region: string;
  account: Account;
}

export type FakeOss = Awaited<ReturnType<typeof startFakeOss>>;

const STATUS: Record<Refused | 'NoSuchKey' | 'NoSuchBucket' | 'MethodNotAllowed', number> = {
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  RequestTimeTooSkewed: 403,
  NoSuchKey: 404,
  NoSuchBucket: 404,
  MethodNotAllowed: 405,
};

/**
 * One bucket of Alibaba Cloud OSS on loopback: GET and HEAD of objects, signatures checked, errors as XML. The bucket
 * is named by the host, as clients do it also where the endpoint is an IP address.
 */
export async function startFakeOss({ bucket, region, account }: OssOptions) {
  const objects = new Map<string, StoredObject>();
  const faults = new Map<string, OssFault>();
  const requests: OssRequest[] = [];
  const hosts = new Set([
    `${bucket}.oss-${region}.aliyuncs.com`,
    `${bucket}.oss-${region}-internal.aliyuncs.com`,
  ]);

  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const host = request.headers.host ?? '';
    const record: OssRequest = { method, host, path: url, status: 0, over: endOf(response) };
    requests.push(record);
    const at = new URL(url, 'http://oss');
    const key = decodeURIComponent(at.pathname.slice(1));
    const query = new Map(at.searchParams);
    const object = objects.get(key);
    const tell = (code: keyof typeof STATUS) => tellError(request, response, STATUS[code], code);
    const fault = faults.get(key);
    faults.delete(key);
    response.once('close', () => {
      record.status = response.statusCode;
    });
    if (!hosts.has(host)) return tell('NoSuchBucket');
    if (method !== 'GET' && method !== 'HEAD') return tell('MethodNotAllowed');
    const isAnonymous = request.headers.authorization === undefined && query.size === 0;
    const signed = { method, bucket, key, headers: headersOf(request), query };
    const refused =
      isAnonymous && object?.isPublic ? undefined : refusedFor(signed, account, region, Date.now());
    if (refused) return tell(refused);
    if (fault) return misbehave(fault, request, response, object?.bytes ?? Buffer.alloc(0));
    if (!object) return tell('NoSuchKey');
    response.writeHead(200, { 'content-type': object.contentType, 'content-length': object.bytes.length });
    response.end(method === 'HEAD' ? undefined : object.bytes);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The address by which the world knows an object. */
    addressOf: (key: string) =>
      `https://${bucket}.oss-${region}.aliyuncs.com/${key.split('/').map(encodeURIComponent).join('/')}`,
    put(key: string, bytes: Buffer, { contentType = 'application/octet-stream', isPublic = false } = {}) {
      objects.set(key, { bytes, contentType, isPublic });
    },
    /** The next reading of this object goes wrong in this way. */
    fail(key: string, fault: OssFault) {
      faults.set(key, fault);
    },
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));

const endOf = (response: ServerResponse) =>
  new Promise<'answered' | 'left'>((resolve) => {
    response.once('close', () => resolve(response.writableFinished ? 'answered' : 'left'));
  });
