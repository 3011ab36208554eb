import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { modelPath, parseModelName } from '../../shared/protocol/registry/model-name.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { pulled } from '../helpers/pulls.ts';
import { generate } from './run-engine.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const tiny = registry.addModel('tiny', aTinyModel());
const model = `${registry.host}/${tiny.name}`;
const pull = await aModelPull({ registry });

it('what the puller brought is a model: a real engine finds it by its manifest, loads it, and speaks', async () => {
  expect((await pulled(pull, { model })).body).toEqual({ status: 'success' });
  const file = join(pull.store, 'manifests', modelPath(parseModelName(model)));
  expect(await readFile(file)).toEqual(tiny.manifest);
  const { text, tokens } = await generate(pull.store, model, 24, 1);
  expect(tokens).toBe(24);
  expect(text).toMatch(/\w/);
});

it('so is one that was made of it', async () => {
  const body = { model: 'mine', from: model, system: 'Be brief.', stream: false };
  expect((await pull.ask('POST', '/api/create', body)).status).toBe(200);
  expect(await generate(pull.store, 'mine', 24, 1)).toEqual(await generate(pull.store, model, 24, 1));
});
