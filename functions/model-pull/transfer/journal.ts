import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { ByteRange } from '../sources/source.ts';

const NAME = 'parts.json';

const Journal = z.object({
  version: z.literal(1),
  size: z.int().min(0),
  digest: z.string().nullable(),
  /** Pairs of start and end (exclusive). */
  ranges: z.array(z.tuple([z.int().min(0), z.int().min(0)])),
});

/** What a folder's journal has to be about. */
export interface Subject {
  size: number;
  expected: string | undefined;
}

/**
 * The bytes that an earlier process had safely on disk, or none when it left no journal, a damaged one, or one of
 * another blob.
 *
 * @param presentBytes how large the file with the bytes is; a file smaller than its journal says is not believed.
 */
export async function readJournal(
  directory: string,
  { size, expected }: Subject,
  presentBytes: number,
): Promise<ByteRange[]> {
  const journal = Journal.safeParse(await contentOf(join(directory, NAME))).data;
  if (journal?.size !== size || journal.digest !== (expected ?? null) || presentBytes > size) return [];
  const ranges = journal.ranges.map(([start, end]) => ({ start, end }));
  return areInOrder(ranges) && (ranges.at(-1)?.end ?? 0) <= presentBytes ? ranges : [];
}

/** Replaces the journal at once and for good. What it claims has to be on disk before. */
export async function writeJournal(
  directory: string,
  { size, expected }: Subject,
  ranges: readonly ByteRange[],
): Promise<void> {
  const journal: z.input<typeof Journal> = {
    version: 1,
    size,
    digest: expected ?? null,
    ranges: ranges.map(({ start, end }) => [start, end]),
  };
  const draft = join(directory, `${NAME}.tmp`);
  const file = await open(draft, 'w', 0o644);
  try {
    await file.writeFile(JSON.stringify(journal));
    await file.sync(); // else its name could come to the disk before its content
  } finally {
    await file.close();
  }
  await rename(draft, join(directory, NAME));
}

const areInOrder = (ranges: readonly ByteRange[]) =>
  ranges.every(({ start, end }, i) => start < end && (i === 0 || ranges[i - 1]!.end < start));

async function contentOf(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined; // absent or damaged: both mean to begin anew
  }
}
