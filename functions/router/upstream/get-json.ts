import type { Upstream } from '#shared/catalog/catalog.ts';
import type { Connections } from './connections.ts';
import { headersFor } from './header-rules.ts';

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** Asks an upstream something about itself. @throws Error for all but an object of JSON in time. */
export async function getJson(
  connections: Connections,
  upstream: Upstream,
  path: string,
  timeoutMs: number,
): Promise<Record<string, unknown>> {
  const url = new URL(`${upstream.address}${path}`);
  const headers = await headersFor(upstream, { method: 'GET', url, accept: 'application/json' });
  return new Promise((resolve, reject) => {
    const outgoing = connections.request(url, { headers });
    const timer = setTimeout(() => outgoing.destroy(new Error('No answer in time.')), timeoutMs);
    outgoing.once('close', () => clearTimeout(timer)).once('error', reject);
    outgoing.once('response', (reply) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      reply.on('error', reject);
      reply.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > BODY_LIMIT_BYTES) reply.destroy(new Error('The answer is too long.'));
        else chunks.push(chunk);
      });
      reply.once('end', () => {
        try {
          if (reply.statusCode !== 200) throw new Error(`Status ${reply.statusCode}.`);
          resolve(objectOf(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
        } catch (error) {
          reject(error);
        }
      });
    });
    outgoing.end();
  });
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('The answer is no object.');
  return value as Record<string, unknown>;
}
