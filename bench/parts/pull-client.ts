import { readFileSync } from 'node:fs';
import { registrySource } from '../../functions/model-pull/sources/registry/registry-source.ts';
import { SigningKey } from '../../functions/model-pull/sources/registry/signing-key.ts';
import { fetchBlob } from '../../functions/model-pull/transfer/fetch-blob.ts';

/** Pulls one blob as model-pull does, and tells how long that took and the most memory it had. */
const { ORIGIN, DIGEST, SIZE_BYTES, DIRECTORY, PARALLEL } = process.env as Record<string, string>;
const size = Number(SIZE_BYTES);
const name = {
  scheme: 'http',
  host: new URL(ORIGIN!).host,
  namespace: 'library',
  model: 'big',
  tag: 'latest',
} as const;
const source = registrySource(name, [{ origin: ORIGIN!, redirects: [] }], {
  ollamaVersion: '0.33.0',
  key: new SigningKey(),
  stallMs: 30_000,
});
const startedMs = performance.now();
await fetchBlob(
  {
    source: source.blob({ mediaType: 'application/vnd.ollama.image.model', digest: DIGEST!, size }),
    size,
    directory: DIRECTORY!,
    expected: DIGEST!,
    signal: new AbortController().signal,
    onProgress() {},
    assertMayWrite() {},
  },
  { parallel: Number(PARALLEL) },
);
const tookMs = performance.now() - startedMs;
// Not `process.resourceUsage()`, which counts what the process was forked from as well.
const [, peakKb] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))!;
const peakBytes = Number(peakKb) * 1024;
console.log(JSON.stringify({ tookMs, peakBytes }));
