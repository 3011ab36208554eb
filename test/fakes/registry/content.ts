import { createHash } from 'node:crypto';

/** From `start` up to `end` (exclusive). */
export interface ByteRange {
  start: number;
  end: number;
}

/** Bytes that need not be in memory. */
export interface Content {
  /** Infinite for what never ends. */
  size: number;
  /** `sha256:<hex>` */
  digest: string;
  /** The bytes from `start` up to `end` (exclusive), in chunks of any size. */
  read(range: ByteRange): Iterable<Buffer>;
}

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const contentOf = (bytes: Buffer): Content => ({
  size: bytes.length,
  digest: digestOf(bytes),
  read: ({ start, end }) => (start < end ? [bytes.subarray(start, end)] : []),
});

/** These bytes, then spaces without end, as a JSON reader is glad to take. */
export const endlessContent = (beginning: string): Content => ({
  size: Number.POSITIVE_INFINITY,
  digest: '',
  *read() {
    yield Buffer.from(beginning);
    yield* endless(SPACE);
  },
});

const SPACE = Buffer.alloc(64 * 1024, ' ');

function* endless(chunk: Buffer): Generator<Buffer> {
  for (;;) yield chunk;
}
