import type { IncomingMessage } from 'node:http';

const ERROR_BODY_LIMIT_BYTES = 64 * 1024;
const ERROR_BODY_TIMEOUT_MS = 2_000;

/** An error's body, as far as it is of any use; an upstream that drags it out is cut off. */
export async function readError(reply: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const cut = setTimeout(() => reply.destroy(), ERROR_BODY_TIMEOUT_MS);
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > ERROR_BODY_LIMIT_BYTES) break;
    }
  } catch {
    // the status alone has to do
  } finally {
    clearTimeout(cut);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** In ms. Seconds only: nobody sends the date form for load. */
export function retryAfter(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && seconds >= 0 && seconds < 3600 ? seconds * 1000 : undefined;
}
