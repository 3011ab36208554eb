import { Cursor, refusedGguf } from './cursor.ts';
import type { Gguf, GgufScalar, GgufValue } from './gguf.ts';

/** Larger than in any model, and small enough that a hostile file costs nothing. */
const MOST = {
  keys: 4_096,
  keyBytes: 1_024,
  stringBytes: 4 * 1024 * 1024,
  items: 2 ** 21,
  tensors: 2 ** 17,
  tensorNameBytes: 1_024,
  dimensions: 8,
};

const ARRAY = 9;

const SCALARS: Record<number, { bytes: number; read(cursor: Cursor): GgufScalar }> = {
  0: { bytes: 1, read: (cursor) => cursor.u8() },
  1: { bytes: 1, read: (cursor) => cursor.i8() },
  2: { bytes: 2, read: (cursor) => cursor.u16() },
  3: { bytes: 2, read: (cursor) => cursor.i16() },
  4: { bytes: 4, read: (cursor) => cursor.u32() },
  5: { bytes: 4, read: (cursor) => cursor.i32() },
  6: { bytes: 4, read: (cursor) => cursor.f32() },
  7: { bytes: 1, read: (cursor) => cursor.bool() },
  8: { bytes: 0, read: (cursor) => cursor.string('a string', MOST.stringBytes) },
  10: { bytes: 8, read: (cursor) => cursor.u64() },
  11: { bytes: 8, read: (cursor) => cursor.i64() },
  12: { bytes: 8, read: (cursor) => cursor.f64() },
};

/**
 * Reads the head of a GGUF file, versions 2 and 3, as one from a place that means ill.
 *
 * @param bytes the first bytes of the file.
 * @param keptItems arrays with more are passed over.
 * @throws NeedsMore when the head is longer than `bytes`; GatewayError `upstream_error` with what is wrong.
 */
export function parseGguf(bytes: Buffer, fileBytes: number, keptItems: number): Gguf {
  const cursor = new Cursor(bytes, fileBytes);
  const start = cursor.skip(4);
  if (bytes.toString('latin1', start, start + 4) !== 'GGUF')
    throw refusedGguf('it is not in the GGUF format');
  const version = cursor.u32();
  if (version !== 2 && version !== 3) throw refusedGguf(`it is GGUF of version ${version}, not 2 or 3`);
  const tensorCount = cursor.count('a number of tensors', MOST.tensors);
  const metadata = readMetadata(cursor, cursor.count('a number of keys', MOST.keys), keptItems);
  const parameterCount = readTensors(cursor, tensorCount, fileBytes);
  return { metadata, tensorCount, parameterCount };
}

function readMetadata(cursor: Cursor, count: number, keptItems: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < count; index += 1) {
    const key = cursor.string('a key', MOST.keyBytes);
    if (metadata.has(key)) throw refusedGguf(`it says ${JSON.stringify(key)} twice`);
    const type = cursor.u32();
    metadata.set(key, type === ARRAY ? readArray(cursor, keptItems) : scalar(type).read(cursor));
  }
  return metadata;
}

function readArray(cursor: Cursor, keptItems: number): GgufScalar[] | null {
  const { bytes, read } = scalar(cursor.u32());
  const count = cursor.count('an array with a length', MOST.items);
  if (count <= keptItems) return Array.from({ length: count }, () => read(cursor));
  if (bytes > 0) cursor.skip(bytes * count);
  else for (let index = 0; index < count; index += 1) cursor.skip(cursor.count('a string', MOST.stringBytes));
  return null;
}

/** Their sizes, multiplied and summed; the data itself stays where it is. */
function readTensors(cursor: Cursor, count: number, fileBytes: number): number {
  let parameters = 0;
  let farthest = 0;
  for (let index = 0; index < count; index += 1) {
    cursor.skip(cursor.count('a name with a length', MOST.tensorNameBytes));
    parameters += readShape(cursor);
    cursor.skip(4); // its type
    farthest = Math.max(farthest, cursor.u64());
  }
  if (!Number.isSafeInteger(parameters)) throw refusedGguf('its tensors are larger than any disk');
  if (cursor.at + farthest > fileBytes) throw refusedGguf('a tensor of it lies beyond its end');
  return parameters;
}

function readShape(cursor: Cursor): number {
  const dimensions = cursor.u32();
  if (dimensions > MOST.dimensions) throw refusedGguf(`a tensor of it has ${dimensions} dimensions`);
  let size = 1;
  for (let index = 0; index < dimensions; index += 1) size *= cursor.u64();
  return size;
}

function scalar(type: number) {
  const known = SCALARS[type];
  if (!known) throw refusedGguf(`it has a value of the unknown type ${type}`);
  return known;
}
