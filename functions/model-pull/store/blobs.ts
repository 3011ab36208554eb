import { utimes } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import {
  ifThere,
  makeFit,
  moveInto,
  readIfThere,
  removeFile,
  removeFolder,
  statIfThere,
  writeTemporary,
} from './durable-files.ts';
import { digestOf, hashFile } from './hash-file.ts';
import { jsonOf } from './json-of.ts';
import type { Layout } from './layout.ts';

/** A file on this file system that has exactly the bytes of `digest`: whoever hands it over has read them. */
export interface StagedBlob {
  digest: string;
  size: number;
  file: string;
}

/** Says that a blob was read as a whole once, and was right, when it looked like this. */
const Mark = z.object({ size: z.int(), mtimeMs: z.number() });
type Mark = z.infer<typeof Mark>;

/** The blobs of a store: what is in them is told by their names, and believed once it was read. */
export class Blobs {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Whether it is there, whole and right. Reads all of it when nobody did before, or it was touched since. */
  async has(digest: string, size: number): Promise<boolean> {
    const file = this.#layout.blob(digest);
    const before = await statIfThere(file);
    if (!before?.isFile() || before.size !== size) return false;
    if (isSame(await this.#mark(digest), before)) return true;
    if ((await ifThere(hashFile(file))) !== digest) return false;
    const after = await statIfThere(file);
    if (!after || !isSame(before, after)) return false; // somebody writes it: what was read says nothing
    await this.#setMark(digest, after);
    return true;
  }

  /** Whether it is there with its size: for lists, which cannot wait until everything was read. */
  async isThere(digest: string, size: number): Promise<boolean> {
    const found = await statIfThere(this.#layout.blob(digest));
    return found?.isFile() === true && found.size === size;
  }

  /**
   * Puts a staged blob in its place, and takes its staging folder away.
   *
   * A good one that is there stays, and only becomes young: an instance may have that very file mapped, and on NFS a
   * rename over it would pull it from under that instance.
   */
  async publish({ digest, size, file }: StagedBlob): Promise<void> {
    if (await this.has(digest, size)) {
      await this.touch(digest);
    } else {
      await makeFit(file, size);
      await moveInto(this.#layout.blob(digest), file);
      const published = await statIfThere(this.#layout.blob(digest));
      if (published) await this.#setMark(digest, published);
    }
    await this.#dropStaged(file);
  }

  async write(bytes: Buffer): Promise<{ digest: string; size: number }> {
    const blob = { digest: digestOf(bytes), size: bytes.length };
    const file = await writeTemporary(this.#layout.temporary, bytes);
    await this.publish({ ...blob, file });
    return blob;
  }

  /** Makes it young, so that no garbage collection takes it, ours or Ollama's. @returns whether it is there. */
  async touch(digest: string): Promise<boolean> {
    const file = this.#layout.blob(digest);
    const before = await statIfThere(file);
    if (!before) return false;
    const wasVerified = isSame(await this.#mark(digest), before);
    const now = new Date();
    await ifThere(utimes(file, now, now));
    const after = await statIfThere(file);
    if (wasVerified && after?.size === before.size) await this.#setMark(digest, after);
    return after !== undefined;
  }

  /**
   * A small one, whole and right; a wrong one counts as absent.
   *
   * @throws GatewayError `upstream_error` for one that is larger than `limitBytes`.
   */
  async read(digest: string, limitBytes: number): Promise<Buffer | undefined> {
    const found = await statIfThere(this.#layout.blob(digest));
    if (!found?.isFile()) return undefined;
    if (found.size > limitBytes) {
      throw new GatewayError(
        'upstream_error',
        `A part of this model has ${found.size} bytes, more than ${limitBytes}.`,
      );
    }
    const bytes = await readIfThere(this.#layout.blob(digest));
    return bytes && digestOf(bytes) === digest ? bytes : undefined;
  }

  async #mark(digest: string): Promise<Mark | undefined> {
    const bytes = await readIfThere(this.#layout.mark(digest));
    return bytes && Mark.safeParse(jsonOf(bytes)).data;
  }

  async #setMark(digest: string, { size, mtimeMs }: Mark): Promise<void> {
    const file = await writeTemporary(this.#layout.temporary, Buffer.from(JSON.stringify({ size, mtimeMs })));
    await moveInto(this.#layout.mark(digest), file);
  }

  async #dropStaged(file: string): Promise<void> {
    const folder = dirname(file);
    const isStaged = dirname(folder) === this.#layout.staging && folder !== this.#layout.temporary;
    await (isStaged && basename(file) === 'data' ? removeFolder(folder) : removeFile(file));
  }
}

const isSame = (one: Mark | undefined, other: Mark) =>
  one?.size === other.size && one.mtimeMs === other.mtimeMs;
