import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { DIGEST } from '#shared/protocol/registry/digest.ts';

const Checkpoint = z.object({
  bucket: z.string(),
  key: z.string(),
  uploadId: z.string().min(1),
  digest: z.string().regex(DIGEST),
  size: z.int().positive(),
  partBytes: z.int().positive(),
  /** Of each part in its order: which of them are there, the store says by these. */
  md5s: z.array(z.string().regex(/^[0-9a-f]{32}$/)).min(1),
});

/** An upload that has begun, written once: it is true however far the upload has come. */
export type Checkpoint = z.infer<typeof Checkpoint>;

const fileIn = (directory: string) => join(directory, 'upload.json');

/** @returns undefined when there is none that can be read. */
export async function readCheckpoint(directory: string): Promise<Checkpoint | undefined> {
  try {
    return Checkpoint.parse(JSON.parse(await readFile(fileIn(directory), 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      await rm(fileIn(directory), { force: true });
    else if (!isOf(error, 'ENOENT')) throw error;
    return undefined;
  }
}

/**
 * Keeps a checkpoint, unless there is one: of two who begin at once, the link of one fails, and both go on with the
 * other's upload.
 *
 * @returns whether it is this one that is kept.
 */
export async function keepCheckpoint(directory: string, checkpoint: Checkpoint): Promise<boolean> {
  // Who forgets another upload at this moment takes the folder away.
  for (let triesLeft = 5; ; triesLeft -= 1) {
    try {
      return await keep(directory, checkpoint);
    } catch (error) {
      if (!isOf(error, 'ENOENT') || triesLeft === 0) throw error;
    }
  }
}

async function keep(directory: string, checkpoint: Checkpoint): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  const draft = join(directory, `draft-${randomBytes(8).toString('hex')}`);
  await writeFile(draft, JSON.stringify(checkpoint), { flush: true, mode: 0o600 });
  try {
    await link(draft, fileIn(directory));
    return true;
  } catch (error) {
    if (isOf(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Forgets an upload, not one that somebody has begun since. */
export async function forgetCheckpoint(directory: string, uploadId: string): Promise<void> {
  const kept = await readCheckpoint(directory);
  if (kept === undefined || kept.uploadId === uploadId) await rm(directory, { recursive: true, force: true });
}

const isOf = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;
