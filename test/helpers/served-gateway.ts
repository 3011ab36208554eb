import OpenAI from 'openai';
import { defaultModels } from '../fakes/ollama/default-models.ts';
import { type FakeOllama, startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import type { FakeModel } from '../fakes/ollama/models.ts';
import type { FakeOllamaOptions } from '../fakes/ollama/server-state.ts';
import { atEnd } from './at-end.ts';
import { aGateway, aModel, type TestGateway } from './gateway.ts';

/** The kinds of upstream that a model of the fake is let through; the model's name says which. */
export const BACKENDS = ['ollama', 'openai'] as const;
export type Backend = (typeof BACKENDS)[number];

export interface ServedGateway extends TestGateway {
  /** What is behind the gateway. */
  fake: FakeOllama;
  /** The OpenAI SDK with the key that may use everything; it does not retry. */
  client: OpenAI;
}

type Options = Parameters<typeof aGateway>[0] & { fake?: FakeOllamaOptions & { models?: FakeModel[] } };

/**
 * A gateway whose models a fake Ollama serves twice: `ollama/tiny` natively, `openai/tiny` by its `/v1` as
 * any OpenAI-compatible service would. Without models of a test's own there are `tiny`, `thinker` and `seer`.
 */
export async function aServedGateway({
  fake: options = {},
  ...settings
}: Options = {}): Promise<ServedGateway> {
  const fake = await startFakeOllama(options);
  atEnd(() => fake.stop());
  const gateway = await aGateway(settings);
  for (const { name } of options.models ?? defaultModels) await letThrough(gateway, fake, name);
  return { ...gateway, fake, client: sdk(gateway) };
}

export const sdk = (
  { url, key }: { url: string; key: string },
  options: ConstructorParameters<typeof OpenAI>[0] = {},
) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, ...options });

async function letThrough({ database }: TestGateway, fake: FakeOllama, upstreamModel: string): Promise<void> {
  const name = upstreamModel.split(':', 1)[0]!;
  await aModel(database, { name: `ollama/${name}`, backend: 'ollama', address: fake.url, upstreamModel });
  const address = `${fake.url}/v1`;
  await aModel(database, { name: `openai/${name}`, backend: 'openai', address, upstreamModel });
}

/** A chat of one message. */
export const ask = (model: string, content = 'Hello!') => ({
  model,
  messages: [{ role: 'user' as const, content }],
});

/** The path on which the fake meets a call of this backend. */
export const upstreamPath = (backend: Backend) =>
  backend === 'ollama' ? '/api/chat' : '/v1/chat/completions';
