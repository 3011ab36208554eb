/**
 * Loads the model file of a store with a real engine and lets it speak:
 *
 *     node test/engine/generate.mjs <store> <model> [<tokens> [<seed>]]
 *
 * Prints `{"text","tokens","contextLength"}`, the last being the one that the file was made for. Ends with 1 and the
 * engine's words on stderr when the model does not load. Plain JavaScript, since its one package is not among those
 * that the types of the rest are checked with.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getLlama } from 'node-llama-cpp';
import { hexOf } from '../../shared/protocol/registry/digest.ts';
import { LAYER_PREFIX, readManifest } from '../../shared/protocol/registry/manifest.ts';
import { modelPath, parseModelName } from '../../shared/protocol/registry/model-name.ts';

const [store, name, tokens = '16', seed = '1'] = process.argv.slice(2);
const manifest = readManifest(await readFile(join(store, 'manifests', modelPath(parseModelName(name)))));
const file = manifest.layers.find(({ mediaType }) => mediaType === `${LAYER_PREFIX}model`);

// One thread: with one for each of two cores this is some forty times slower.
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 1, logLevel: 'error' });
const model = await llama.loadModel({
  modelPath: join(store, 'blobs', `sha256-${hexOf(file.digest)}`),
  gpuLayers: 0,
  useMmap: false,
});
const context = await model.createContext({ contextSize: 256, threads: 1 });
// As many tokens as were asked for: an end that the weights would choose is passed over.
const options = { seed: Number(seed), temperature: 1, yieldEogToken: true };
const made = [];
for await (const token of context.getSequence().evaluate(model.tokenize('the cat'), options)) {
  made.push(token);
  if (made.length === Number(tokens)) break;
}
const generated = {
  text: model.detokenize(made),
  tokens: made.length,
  contextLength: model.trainContextSize,
};
process.stdout.write(`${JSON.stringify(generated)}\n`);
await llama.dispose();
