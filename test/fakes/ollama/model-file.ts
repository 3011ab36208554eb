import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { type Metadata, readGgufHeader } from './gguf-header.ts';

/** The longest header that is looked at; those of models with large vocabularies have some ten megabytes. */
const HEADER_LIMIT_BYTES = 32 * 1024 * 1024;

/** What the file's header says; undefined when there is no file or it is no GGUF, which Ollama only logs. */
export function lookAtModelFile(path: string): Metadata | undefined {
  try {
    return readGgufHeader(firstBytes(path));
  } catch {
    return undefined;
  }
}

/**
 * Why llama-server would end at the load of this file; undefined when it would not. Weights of which a bit is wrong
 * would load there and talk nonsense. Nobody would notice that of a fake, so here they do not load.
 */
export function whyItDoesNotLoad(path: string, digest: string): string | undefined {
  if (!lookAtModelFile(path)) return died('failed to load model, it is not there or is no GGUF file');
  const hex = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (hex === digest.replace(/^sha256[:-]/, '').toLowerCase()) return undefined;
  return died('tensor data is not within the file bounds, model is corrupted or incomplete');
}

const died = (why: string) => `llama-server process has terminated: error loading model: ${why}`;

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(HEADER_LIMIT_BYTES, fstatSync(file).size));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}
