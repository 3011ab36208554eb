import { createInterface } from 'node:readline';
import * as z from 'zod';
import { aLargeBlob } from './a-large-blob.ts';
import { aTinyModel } from './a-model.ts';
import { startFakeRegistry } from './fake-registry.ts';

/** The first argument, as JSON. */
const Wanted = z.strictObject({
  port: z.int().min(0).default(0),
  /** Models whose file is noise of this size; `tiny` is always there. */
  large: z
    .array(z.strictObject({ name: z.string(), sizeBytes: z.int().min(0), seed: z.int().default(1) }))
    .default([]),
  /** How the bytes of all of them go: in writes of this size, with a pause after each. */
  slow: z.strictObject({ chunkBytes: z.int().min(1), delayMs: z.int().min(0) }).optional(),
});

/**
 * The fake registry as a process of its own, for whoever measures or kills its client:
 * `node serve.ts '{"large":[{"name":"big","sizeBytes":4294967296}]}'`.
 *
 * Prints one line of JSON, `{origin, host, cdnOrigin, models: [{name, digests}]}`, when it serves, and for each line
 * that it reads one more, `{served: {<digest>: {bytes, mostParallel}}, leaks}`. Ends with its input.
 */
const { port, large, slow } = Wanted.parse(JSON.parse(process.argv[2] ?? '{}'));
const registry = await startFakeRegistry({ port });
const models = [registry.addModel('tiny', aTinyModel())];
for (const { name, sizeBytes, seed } of large) {
  models.push(registry.addModel(name, aTinyModel({ model: await aLargeBlob(sizeBytes, seed) })));
}
if (slow) registry.setFault({ at: 'data' }, { kind: 'slow', ...slow });

const { origin, host, cdnOrigin } = registry;
print({ origin, host, cdnOrigin, models: models.map(({ name, digests }) => ({ name, digests })) });
for await (const _ of createInterface({ input: process.stdin })) print(report());
await registry.stop();

function report() {
  const digests = [...new Set(models.flatMap((model) => model.digests))];
  const served = digests.map((digest) => [
    digest,
    { bytes: registry.bytesServed(digest), mostParallel: registry.mostParallel(digest) },
  ]);
  return { served: Object.fromEntries(served), leaks: registry.leaks.length };
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
