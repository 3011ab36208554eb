import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.ts';

/** What we let run out of a body that is too long. */
const EXCESS_BYTES = 8 * 1024 * 1024;

/**
 * Reads a request's body whole.
 *
 * @throws GatewayError `request_too_large` above the limit, `unsupported_encoding` for a compressed body,
 *   `caller_gone` when the caller leaves before its end.
 */
export async function readBody(incoming: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const encoding = incoming.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new GatewayError('unsupported_encoding', 'The request body must not be compressed.');
  }
  if (Number(incoming.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  if (incoming.destroyed) throw callerGone(); // it left while its key was looked up: no event will come
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limitBytes) {
        // The rest may run out, so that the answer can be read; but not for ever.
        if (bytes > limitBytes + EXCESS_BYTES) incoming.destroy();
        reject(tooLarge(limitBytes));
      } else chunks.push(chunk);
    });
    incoming.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    incoming.once('close', () => {
      if (!incoming.readableEnded) reject(callerGone());
    });
  });
}

const callerGone = () => new GatewayError('caller_gone', 'The caller left before its request was complete.');

const tooLarge = (limitBytes: number) =>
  new GatewayError('request_too_large', `The request body is larger than ${limitBytes} bytes.`);
