import { registrySource } from '../../functions/model-pull/sources/registry/registry-source.ts';
import { SigningKey } from '../../functions/model-pull/sources/registry/signing-key.ts';
import { fetchBlob } from '../../functions/model-pull/transfer/fetch-blob.ts';

/** Pulls one blob, for a test that kills it. */
const { ORIGIN = '', CDN = '', DIGEST = '', SIZE_BYTES, DIRECTORY = '' } = process.env;
const size = Number(SIZE_BYTES);
const name = {
  scheme: 'http',
  host: new URL(ORIGIN).host,
  namespace: 'library',
  model: 'tiny',
  tag: 'latest',
} as const;
const source = registrySource(name, [{ origin: ORIGIN, redirects: [CDN] }], {
  ollamaVersion: '0.33.0',
  key: new SigningKey(),
  stallMs: 30_000,
});
await fetchBlob(
  {
    source: source.blob({ mediaType: '', digest: DIGEST, size }),
    size,
    directory: DIRECTORY,
    expected: DIGEST,
    signal: new AbortController().signal,
    onProgress() {},
    assertMayWrite() {},
  },
  { parallel: 3, partBytes: 1024 * 1024, saveEveryBytes: 200_000 },
);
