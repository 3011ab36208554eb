/** What the header of a model file says: strings and numbers; lists are passed over. */
export type Metadata = Map<string, string | number>;

/**
 * Reads the key-value part of a GGUF file (reference: ggml/docs/gguf.md). Where it becomes nonsense it ends: Ollama
 * reads no further than the key that it looks for.
 *
 * @returns undefined when the file is none, which is all that Ollama minds when it opens one.
 */
export function readGgufHeader(bytes: Buffer): Metadata | undefined {
  if (bytes.length < 24 || bytes.toString('latin1', 0, 4) !== 'GGUF' || bytes.readUInt32LE(4) < 2)
    return undefined;
  const pairs = bytes.readBigUInt64LE(16);
  const found: Metadata = new Map();
  const cursor: Cursor = { bytes, at: 24 };
  try {
    for (let pair = 0n; pair < pairs; pair += 1n) {
      const key = readString(cursor);
      const value = readValue(cursor, readUint32(cursor));
      if (value !== undefined) found.set(key, value);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

const STRING = 8;
const LIST = 9;

/** By the number of the type: how wide it is and how it is read. */
const FIXED: Record<number, [bytes: number, read: (bytes: Buffer, at: number) => number]> = {
  0: [1, (bytes, at) => bytes.readUInt8(at)],
  1: [1, (bytes, at) => bytes.readInt8(at)],
  2: [2, (bytes, at) => bytes.readUInt16LE(at)],
  3: [2, (bytes, at) => bytes.readInt16LE(at)],
  4: [4, (bytes, at) => bytes.readUInt32LE(at)],
  5: [4, (bytes, at) => bytes.readInt32LE(at)],
  6: [4, (bytes, at) => bytes.readFloatLE(at)],
  7: [1, (bytes, at) => bytes.readUInt8(at)],
  10: [8, (bytes, at) => Number(bytes.readBigUInt64LE(at))],
  11: [8, (bytes, at) => Number(bytes.readBigInt64LE(at))],
  12: [8, (bytes, at) => bytes.readDoubleLE(at)],
};

function readValue(cursor: Cursor, type: number): string | number | undefined {
  if (type === STRING) return readString(cursor);
  if (type !== LIST) return readFixed(cursor, type);
  const kind = readUint32(cursor);
  const count = readFixed(cursor, 10);
  if (kind !== STRING && kind !== LIST) skip(cursor, count * widthOf(kind));
  else for (let item = 0; item < count; item += 1) readValue(cursor, kind);
  return undefined;
}

const readUint32 = (cursor: Cursor): number => readFixed(cursor, 4);

function readFixed(cursor: Cursor, type: number): number {
  const at = cursor.at;
  skip(cursor, widthOf(type));
  return FIXED[type]![1](cursor.bytes, at);
}

function readString(cursor: Cursor): string {
  const length = readFixed(cursor, 10);
  const at = cursor.at;
  skip(cursor, length);
  return cursor.bytes.toString('utf8', at, at + length);
}

function skip(cursor: Cursor, count: number): void {
  if (cursor.at + count > cursor.bytes.length) throw new RangeError('The header ends too early.');
  cursor.at += count;
}

function widthOf(type: number): number {
  const fixed = FIXED[type];
  if (!fixed) throw new RangeError(`There is no type ${type}.`);
  return fixed[0];
}
