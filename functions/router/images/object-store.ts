import * as http from 'node:http';
import * as https from 'node:https';
import OSS from 'ali-oss';
import type { NamedObject } from './named-object.ts';

export interface Credentials {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string;
}

export interface ObjectLimits {
  bytes: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/** What came of reading an object; `reason` is for our log. */
export type ObjectRead =
  | { kind: 'read'; bytes: Buffer }
  | { kind: 'too-large' }
  | { kind: 'unreadable'; reason: string }
  | { kind: 'failed'; reason: string };

/**
 * Reads an object with the operator's credential. Redirects are not followed.
 *
 * It is the only place that knows `ali-oss`, which is half as large as all else together, and is loaded when it is
 * first needed. That is why nothing here is imported by what others import too.
 */
export async function readObject(
  { bucket, key }: NamedObject,
  credentials: Credentials,
  { bytes, timeoutMs, signal }: ObjectLimits,
): Promise<ObjectRead> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  // Of its own, since to destroy them is the only way to end a request; and none is kept, to be found dead after a thaw.
  const agents = { agent: new http.Agent(), httpsAgent: new https.Agent() };
  const end = () => {
    agents.agent.destroy();
    agents.httpsAgent.destroy();
  };
  over.addEventListener('abort', end);
  try {
    over.throwIfAborted();
    const { stream, res } = await clientFor(bucket, credentials, agents, timeoutMs).getStream(key);
    const isTooLarge = Number((res.headers as Record<string, string>)['content-length']) > bytes;
    return isTooLarge ? { kind: 'too-large' } : await gather(stream, bytes);
  } catch (error) {
    return over.aborted ? { kind: 'failed', reason: 'aborted or too slow' } : failureOf(error);
  } finally {
    over.removeEventListener('abort', end);
    end();
  }
}

function clientFor(
  { name, region, endpoint }: NamedObject['bucket'],
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  agents: { agent: http.Agent; httpsAgent: https.Agent },
  timeoutMs: number,
): OSS {
  const own = { accessKeyId, accessKeySecret, ...(securityToken && { stsToken: securityToken }) };
  return new OSS({
    ...own,
    ...agents,
    bucket: name,
    region: `oss-${region}`,
    endpoint,
    // The older form is no longer taken from new accounts.
    authorizationV4: true,
    timeout: timeoutMs,
    // A client lives for one request. Without these two it would print advice.
    refreshSTSToken: async () => ({ ...own, stsToken: securityToken ?? '' }),
    refreshSTSTokenInterval: Number.MAX_SAFE_INTEGER,
  } as OSS.Options);
}

async function gather(stream: AsyncIterable<Buffer>, limitBytes: number): Promise<ObjectRead> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > limitBytes) return { kind: 'too-large' };
    chunks.push(chunk);
  }
  return { kind: 'read', bytes: Buffer.concat(chunks) };
}

/** A 4xx or a redirect will be the same the next time; a store that is away or ails will not. */
function failureOf(error: unknown): ObjectRead {
  const { status, code, name } = error as { status?: number; code?: string; name?: string };
  const reason = `${status ?? ''} ${code ?? name ?? ''}`.slice(0, 100).trim();
  const isFinal = status !== undefined && status >= 300 && status < 500 && status !== 429;
  return { kind: isFinal ? 'unreadable' : 'failed', reason };
}
