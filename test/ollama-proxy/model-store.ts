import { ggufEntry, ggufFile } from '#shared/fixtures/gguf-file.ts';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { ModelFolder } from '../fakes/ollama/model-folder.ts';

/** A store with `tiny` and `other`, which chat, and `embed`. */
export function aModelStore(): ModelFolder {
  const models = new ModelFolder();
  models.add('tiny', { gguf: tinyGguf() });
  models.add('other', { gguf: Buffer.concat([tinyGguf(), Buffer.alloc(32)]) });
  models.add('embed', { gguf: EMBED });
  return models;
}

/** A model that makes vectors. */
const EMBED = ggufFile({
  entries: [
    ggufEntry.string('general.architecture', 'bert'),
    ggufEntry.u32('bert.context_length', 512),
    ggufEntry.u32('bert.embedding_length', 64),
    ggufEntry.u32('bert.pooling_type', 1),
  ],
  tensors: [],
});
