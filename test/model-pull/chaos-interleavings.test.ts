import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { contentOf } from '../fakes/registry/content.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { anyHistory, Crowd, SOURCES } from '../helpers/model-pull-interleavings.ts';
import { modelsIn, problemsIn } from '../helpers/model-pull-wholeness.ts';

/** How many histories are tried; `CHAOS_RUNS=300` looks longer, `FC_SEED` at others. */
const RUNS = Number(process.env.CHAOS_RUNS ?? 10);

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const [file, other] = [contentOf(tinyGguf()), contentOf(Buffer.concat([tinyGguf(), Buffer.alloc(32)]))];
// Two share their weights, two their template.
const parts = {
  one: aTinyModel({ model: file, template: '{{ .Prompt }}' }),
  two: aTinyModel({ model: file, template: 'two {{ .Prompt }}' }),
  three: aTinyModel({ model: other, template: '{{ .Prompt }}' }),
};
for (const model of SOURCES) registry.addModel(model, parts[model]);
const pull = await aModelPull({ registry });
const crowd = new Crowd(pull, (model) => `${registry.host}/library/${model}:latest`);

it('whoever pulls, makes, deletes, prunes and collects at once, each model is whole or absent', {
  timeout: 30_000 + RUNS * 10_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      for (const steps of history) {
        crowd.age();
        const answers = await Promise.all(steps.map((step) => crowd.do(step)));
        expect(problemsIn(pull.store)).toEqual([]);
        // Whatever is in the way, it is said in words; nothing breaks that nobody thought of.
        expect(answers.filter((answer) => answer.startsWith('500'))).toEqual([]);
      }
    }),
    { numRuns: RUNS, endOnFailure: true }, // what went wrong may not go wrong again, so nothing is made smaller
  );
  for (const model of SOURCES) expect(await crowd.do({ does: 'pull', model, afterMs: 0 })).toBe('200 ');
  expect(modelsIn(pull.store)).toEqual(expect.arrayContaining([...SOURCES]));
  expect(problemsIn(pull.store)).toEqual([]);
});
