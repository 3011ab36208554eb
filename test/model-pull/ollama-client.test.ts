import { Ollama } from 'ollama';
import { afterAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { gather } from '../helpers/gather.ts';
import { aModelPull, bearer } from '../helpers/model-pull.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const tiny = registry.addModel('library/tiny', aTinyModel());
const pull = await aModelPull({ registry });

/** The official client, with a credential of each request's own in front of it, as the gateway adds it. */
const client = new Ollama({
  host: pull.url,
  fetch: async (input, init) => {
    const { pathname } = new URL(String(input));
    const headers = new Headers(init?.headers);
    headers.set('authorization', await bearer(pull.secret, init?.method ?? 'GET', pathname));
    return fetch(input, { ...init, headers });
  },
});
const NAME = `${registry.host}/library/tiny:latest`;

describe("Ollama's own client", () => {
  it('pulls with progress', async () => {
    const seen: { status: string; digest?: string; total?: number; completed?: number }[] = [];
    for await (const part of await client.pull({ model: NAME, stream: true })) seen.push(part);
    expect(seen[0]).toEqual({ status: 'pulling manifest' });
    expect(seen.at(-1)).toEqual({ status: 'success' });
    expect(seen.map(({ status }) => status)).toContain('writing manifest');
    for (const digest of tiny.digests) {
      const last = seen.findLast((part) => part.digest === digest);
      expect(last?.completed).toBe(last?.total);
    }
  });

  it('pulls without', async () => {
    expect(await client.pull({ model: NAME })).toMatchObject({ status: 'success' });
  });

  it('lists and shows', async () => {
    const { models } = await client.list();
    expect(models.map(({ name }) => name)).toContain(NAME);
    const shown = await client.show({ model: NAME });
    expect(shown.details).toMatchObject({ family: 'llama', format: 'gguf' });
    expect(shown.template).toContain('.Messages');
    expect(shown.capabilities).toContain('completion');
  });

  it('makes another model of it, with progress, and removes it', async () => {
    const seen: string[] = [];
    const made = await client.create({
      model: 'mine',
      from: NAME,
      system: 'Be brief.',
      parameters: { num_ctx: 512 },
      stream: true,
    });
    for await (const { status } of made) seen.push(status);
    expect(seen.at(-1)).toBe('success');
    const shown = await client.show({ model: 'mine' });
    expect(shown.system).toBe('Be brief.');
    expect(shown.parameters).toMatch(/num_ctx\s+512/);
    await client.delete({ model: 'mine' });
    await expect(client.show({ model: 'mine' })).rejects.toThrow("model 'mine:latest' not found");
    expect((await client.list()).models.map(({ name }) => name)).toEqual([NAME]);
  });

  it('is told of a model that is nowhere, in the stream and without', async () => {
    const model = `${registry.host}/library/none`;
    await expect(client.pull({ model })).rejects.toThrow('file does not exist');
    const stream = await client.pull({ model, stream: true });
    await expect(gather(stream)).rejects.toThrow('file does not exist');
  });
});
