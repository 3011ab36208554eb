import { createCipheriv } from 'node:crypto';
import { createServer } from 'node:http';
import { pipeline, Readable } from 'node:stream';

/**
 * A registry with one blob of any size, which is never in memory: noise again and again. It hands parts out, or the
 * whole. `PORT`, `SIZE_BYTES`.
 */
const size = Number(process.env.SIZE_BYTES);
/** Not a power of two, so that no two parts begin alike. */
const NOISE = createCipheriv('aes-256-ctr', Buffer.alloc(32, 7), Buffer.alloc(16)).update(
  Buffer.alloc(4 * 1024 * 1024 + 4_099),
);
const CHUNK_BYTES = 256 * 1024;

/** Views, no copies: to make bytes must not be what is measured. */
function* bytesOf(start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; ) {
    const from = at % NOISE.length;
    const chunk = NOISE.subarray(from, Math.min(from + CHUNK_BYTES, from + end - at));
    yield chunk;
    at += chunk.length;
  }
}

createServer(({ headers }, answer) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  const [start, end] = first === undefined ? [0, size] : [Number(first), Number(last) + 1];
  const range = { 'content-range': `bytes ${start}-${end - 1}/${size}` };
  answer.writeHead(first === undefined ? 200 : 206, {
    'content-length': end - start,
    ...(first !== undefined && range),
  });
  pipeline(Readable.from(bytesOf(start, end)), answer, () => {});
}).listen(Number(process.env.PORT), '127.0.0.1');
