import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteRange } from '../sources/source.ts';
import { ByteRanges } from './byte-ranges.ts';
import { diskFailure } from './disk-failure.ts';
import { readJournal, type Subject, writeJournal } from './journal.ts';

export interface StagingOptions extends Subject {
  /** What a kill may cost: after so many bytes, or so long, what was written is made sure of. */
  saveEveryBytes: number;
  saveEveryMs: number;
  assertMayWrite(): void;
}

/** The folder of a blob on its way: its bytes in `data`, and in `parts.json` which of them are safely there. */
export class Staging {
  readonly file: string;
  readonly there: ByteRanges;
  /** Whether an earlier process had brought some of it. */
  readonly isResumed: boolean;
  readonly #directory: string;
  readonly #data: FileHandle;
  readonly #options: StagingOptions;
  #unsavedBytes = 0;
  #savedAtMs = performance.now();
  #saving: Promise<void> | undefined;
  #isBroken = false;

  private constructor(directory: string, data: FileHandle, there: ByteRange[], options: StagingOptions) {
    this.file = join(directory, 'data');
    this.there = new ByteRanges(there);
    this.isResumed = there.length > 0;
    this.#directory = directory;
    this.#data = data;
    this.#options = options;
  }

  /** @throws GatewayError `gateway_not_ready` when the disk is full. */
  static async open(directory: string, options: StagingOptions): Promise<Staging> {
    options.assertMayWrite();
    try {
      await mkdir(directory, { recursive: true });
      const data = await open(join(directory, 'data'), constants.O_RDWR | constants.O_CREAT, 0o644);
      try {
        const { size } = await data.stat();
        const there = await readJournal(directory, options, size);
        if (there.length === 0 && size > 0) await data.truncate(); // nothing of it is known to be good
        return new Staging(directory, data, there, options);
      } catch (error) {
        await data.close();
        throw error;
      }
    } catch (error) {
      throw diskFailure(error);
    }
  }

  /** Writes these bytes at their place, and now and then makes sure of all that was written. */
  async write(chunks: readonly Buffer[], start: number): Promise<void> {
    try {
      const bytes = await this.#writeAll(chunks, start);
      this.there.add({ start, end: start + bytes });
      this.#unsavedBytes += bytes;
      if (this.#isSaveDue) await this.#saveOnce();
    } catch (error) {
      throw diskFailure(error);
    }
  }

  /** Makes sure of all that has been written. */
  async save(): Promise<void> {
    try {
      await this.#saving;
      await this.#saveOnce();
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async writtenMs(): Promise<number> {
    return (await this.#data.stat()).mtimeMs;
  }

  /** Ends it. What was written last is made sure of if it may be, so that less has to come again. */
  async close(): Promise<void> {
    try {
      if (this.#unsavedBytes > 0) await this.save();
    } catch {
      // Why it ends is being told already, and what is not claimed comes again.
    } finally {
      await this.#data.close();
    }
  }

  get #isSaveDue(): boolean {
    const { saveEveryBytes, saveEveryMs } = this.#options;
    if (this.#saving !== undefined) return false; // who writes meanwhile does not wait for it
    return this.#unsavedBytes >= saveEveryBytes || performance.now() - this.#savedAtMs >= saveEveryMs;
  }

  #saveOnce(): Promise<void> {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #save(): Promise<void> {
    // After a flush that failed, a later one that does not tells nothing.
    if (this.#isBroken) throw new Error('An earlier flush of this file failed.');
    const { list } = this.there; // of this moment: what comes while the disk works is claimed the next time
    this.#unsavedBytes = 0;
    try {
      await this.#data.datasync();
      this.#options.assertMayWrite();
      await writeJournal(this.#directory, this.#options, list);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
    this.#savedAtMs = performance.now();
  }

  async #writeAll(chunks: readonly Buffer[], start: number): Promise<number> {
    this.#options.assertMayWrite();
    const total = chunks.reduce((sum, { length }) => sum + length, 0);
    let { bytesWritten } = await this.#data.writev(chunks, start);
    if (bytesWritten === total) return total;
    const all = Buffer.concat(chunks); // cut short, as by a disk that becomes full: the next write says why
    while (bytesWritten < total) {
      this.#options.assertMayWrite();
      const more = await this.#data.write(all, bytesWritten, total - bytesWritten, start + bytesWritten);
      bytesWritten += more.bytesWritten;
    }
    return total;
  }
}
