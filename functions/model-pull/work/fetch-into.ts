import { open } from 'node:fs/promises';
import type { Workplace } from '../depot.ts';
import { readGguf } from '../gguf/read-gguf.ts';
import type { Lease } from '../run/lease.ts';
import type { BlobSource } from '../sources/source.ts';
import { fetchBlob } from '../transfer/fetch-blob.ts';
import type { Staged } from '../transfer/transfer.ts';

interface Wanted {
  source: BlobSource;
  size: number;
  /** Of its staging, where an earlier worker may have left a part. */
  directory: string;
  /** What it is called in the job's progress. */
  label: string;
  expected: string | undefined;
  /** A file of weights, which has to be one that can be read. */
  isWeights: boolean;
}

/** Fetches a file, verified, and looks at what it is: hostile headers have broken those who load models (reference: ollama.md 1.11). */
export async function fetchInto(place: Workplace, lease: Lease, wanted: Wanted): Promise<Staged> {
  const { source, size, directory, label, expected, isWeights } = wanted;
  const staged = await fetchBlob(
    {
      source,
      size,
      directory,
      expected,
      signal: lease.signal,
      onProgress: (completed) => lease.progress.completed(label, completed),
      assertMayWrite: lease.assertOurs,
    },
    { parallel: place.config.PULL_PARALLEL_PARTS, stallMs: place.config.PULL_STALL_MS },
  );
  if (isWeights) await readGguf(staged.file);
  return staged;
}

/**
 * Whether it is there as it was verified. A pull of a manifest that lies, with the same digest and another size, would
 * have written to the same file. It is opened, since on NFS only that asks the server.
 */
export async function isStillThere({ file, size, writtenMs }: Staged): Promise<boolean> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return false;
  try {
    const found = await handle.stat();
    return found.size === size && found.mtimeMs === writtenMs;
  } finally {
    await handle.close();
  }
}
