import type { BlobSource } from '../sources/source.ts';

/** One blob on its way into a folder of its own, `<store>/.pull/<name>/`. */
export interface Transfer {
  source: BlobSource;
  size: number;
  /** Holds `data` and what is known of it; what an earlier process left there is gone on with. */
  directory: string;
  /** Absent where only its bytes can tell. */
  expected: string | undefined;
  signal: AbortSignal;
  /** Bytes that need not come again. It may go down, where something has to. */
  onProgress(completedBytes: number): void;
  /** Throws when we may no longer write: asked before each write. */
  assertMayWrite(): void;
}

/** A blob that is whole and was read back: `file` has exactly the bytes of `digest`. */
export interface Staged {
  digest: string;
  size: number;
  file: string;
  /** When the file was last written to, as it was then: later it may be another's. */
  writtenMs: number;
}
