import { type FileHandle, open } from 'node:fs/promises';
import { NeedsMore, refusedGguf } from './cursor.ts';
import type { Gguf } from './gguf.ts';
import { parseGguf } from './parse-gguf.ts';

const FIRST_READ_BYTES = 256 * 1024;
/** A vocabulary of 260,000 entries takes some 12 MB. */
const MOST_HEAD_BYTES = 64 * 1024 * 1024;

/** Arrays of a few entries say something about the model; longer ones are its vocabulary. */
export const FEW_ITEMS = 5;

/**
 * Reads the head of a model file, and no more of it than needed.
 *
 * @throws GatewayError `upstream_error` for what is no such file; the errors of the file system as they are.
 */
export async function readGguf(file: string, keptItems = FEW_ITEMS): Promise<Gguf> {
  const handle = await open(file);
  try {
    return await readHead(handle, keptItems);
  } finally {
    await handle.close();
  }
}

async function readHead(handle: FileHandle, keptItems: number): Promise<Gguf> {
  const { size } = await handle.stat();
  for (let wanted = FIRST_READ_BYTES; ; wanted *= 4) {
    const head = await firstBytes(handle, Math.min(wanted, size, MOST_HEAD_BYTES));
    const gguf = parsedIfWhole(head, size, keptItems);
    if (gguf) return gguf;
    if (head.length < Math.min(wanted, size)) throw refusedGguf('its header does not end within 64 MB');
  }
}

async function firstBytes(handle: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break; // cut short meanwhile
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Starting anew costs no more than twice the work, and keeps the parser plain. */
function parsedIfWhole(head: Buffer, size: number, keptItems: number): Gguf | undefined {
  try {
    return parseGguf(head, size, keptItems);
  } catch (error) {
    if (error instanceof NeedsMore) return undefined;
    throw error;
  }
}
