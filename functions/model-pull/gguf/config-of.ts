import { architectureOf, fileTypeOf, type Gguf, sizeLabel } from './gguf.ts';

/**
 * The config blob that Ollama writes for a plain model file (reference: ollama/types/model/config.go).
 *
 * @param diffIds the digests of the model's layers.
 */
export function configOf(gguf: Gguf, diffIds: readonly string[]): Buffer {
  const family = architectureOf(gguf);
  const config = {
    model_format: 'gguf',
    model_family: family,
    model_families: [family],
    model_type: sizeLabel(gguf.parameterCount),
    file_type: fileTypeOf(gguf),
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  return Buffer.from(JSON.stringify(config));
}
