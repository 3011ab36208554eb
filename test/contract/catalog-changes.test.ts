import { NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { listen } from '../helpers/chat-stream.ts';
import { anOpenCall, gated } from '../helpers/gated-model.ts';
import { aGateway, type TestGateway } from '../helpers/gateway.ts';
import { ask, sdk } from '../helpers/served-gateway.ts';
import { Sublet } from '../helpers/sublet.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: TestGateway;
let sublet: Sublet;
let client: ReturnType<typeof sdk>;
let one: FakeOllama;
let other: FakeOllama;

beforeAll(async () => {
  gateway = await aGateway();
  sublet = new Sublet(gateway.databaseUrl);
  client = sdk(gateway);
  [one, other] = await Promise.all([anOllama(), anOllama()]);
  await sublet.text('upstreams', 'add', 'one', '--backend', 'ollama', '--address', one.url);
  await sublet.text('upstreams', 'add', 'other', '--backend', 'ollama', '--address', `${other.url}/`);
});

async function anOllama(): Promise<FakeOllama> {
  const fake = await startFakeOllama({
    models: [gated, { name: 'tiny:latest', reply: 'Hello!' }],
    numParallel: 64,
  });
  afterAll(() => fake.stop());
  return fake;
}

/** A model that `one` serves. */
async function aModel(name: string, upstreamModel = 'tiny:latest'): Promise<void> {
  await sublet.text('models', 'add', name);
  await sublet.text('routes', 'add', name, 'one', '--upstream-model', upstreamModel);
}

const call = (model: string) => client.chat.completions.create(ask(model));

/** Which upstream answers a call that is made now. */
async function servedBy(model: string): Promise<'one' | 'other'> {
  const before = other.requests.length;
  await call(model);
  return other.requests.length > before ? 'other' : 'one';
}

/** Callers that call all the time, with streams and without, until they are stopped. */
function traffic(model: string) {
  let isOver = false;
  const failures: unknown[] = [];
  let answered = 0;
  const caller = async (stream: boolean) => {
    while (!isOver) {
      try {
        const { text, finish, error } = stream
          ? await listen(await client.chat.completions.create({ ...ask(model), stream: true }))
          : await call(model).then(({ choices }) => ({
              text: choices[0]!.message.content,
              finish: choices[0]!.finish_reason,
              error: undefined,
            }));
        if (text === 'Hello!' && finish === 'stop' && !error) answered += 1;
        else failures.push({ text, finish, error });
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const callers = Promise.all([true, false, true, false].map(caller));
  return {
    async stop() {
      isOver = true;
      await callers;
      return { failures, answered };
    },
  };
}

describe('routes that are changed while calls run', () => {
  it('take the next calls, and lose none', async () => {
    await aModel('moving');
    await aModel('moving-gated', 'gated:latest');
    const open = await Promise.all([1, 2, 3].map(() => anOpenCall({ client }, { model: 'moving-gated' })));
    const calls = traffic('moving');
    for (const [model, name] of [
      ['moving', 'tiny:latest'],
      ['moving-gated', 'gated:latest'],
    ] as const) {
      await sublet.text('routes', 'add', model, 'other', '--upstream-model', name);
      await sublet.text('routes', 'remove', model, 'one');
    }
    expect(await servedBy('moving')).toBe('other');
    const late = await anOpenCall({ client }, { model: 'moving-gated' });
    await sublet.text('routes', 'set', 'moving', 'other', '--weight', '5', '--tier', '1');
    await sublet.text('upstreams', 'remove', 'one', '--recursive');
    const { failures, answered } = await calls.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(4);
    for (const told of await Promise.all([...open, late].map((each) => each.finish())))
      expect(told).toMatchObject({ text: 'One two', finish: 'stop', error: undefined });
    expect(
      one.requests.filter(({ path, body }) => path === '/api/chat' && body.model === 'gated:latest'),
    ).toHaveLength(3);

    await sublet.text('upstreams', 'add', 'one', '--backend', 'ollama', '--address', one.url);
  });

  it('are what they were after a rollback, at the next call', async () => {
    await aModel('returning');
    const { version } = await sublet.json('catalog', 'show');
    await sublet.text('routes', 'add', 'returning', 'other', '--upstream-model', 'tiny:latest');
    await sublet.text('routes', 'remove', 'returning', 'one');
    expect(await servedBy('returning')).toBe('other');
    await sublet.text('catalog', 'rollback', String(version));
    expect(await servedBy('returning')).toBe('one');
  });

  it('lead on where this router lacks the variable of a new upstream', async () => {
    await aModel('partly');
    const elsewhere = ['--backend', 'openai', '--address', 'env:UPSTREAM_NOT_SET_HERE'];
    await sublet.text('upstreams', 'add', 'elsewhere', ...elsewhere);
    await sublet.text('routes', 'add', 'partly', 'elsewhere', '--weight', '1000');
    expect(await servedBy('partly')).toBe('one');
    await sublet.text('routes', 'remove', 'partly', 'one');
    expect(await thrownBy(call('partly'))).toMatchObject({ status: 503, code: 'server_overloaded' });
  });

  it('lead nowhere while the upstream is disabled, and on when it is enabled', async () => {
    await aModel('paused');
    const open = await anOpenCall({ client }, { model: await gatedModel('paused-gated') });
    await sublet.text('upstreams', 'set', 'one', '--disable');
    expect(await thrownBy(call('paused'))).toMatchObject({ status: 503 });
    expect(await open.finish()).toMatchObject({ text: 'One two', error: undefined });
    await sublet.text('upstreams', 'set', 'one', '--enable');
    expect(await servedBy('paused')).toBe('one');
  });
});

async function gatedModel(name: string): Promise<string> {
  await aModel(name, 'gated:latest');
  return name;
}

describe('a model that is changed', () => {
  it('has an alias at once, and loses it at once', async () => {
    await aModel('named');
    expect(await thrownBy(call('nick'))).toBeInstanceOf(NotFoundError);
    await sublet.text('models', 'set', 'named', '--aliases', 'nick,nack');
    expect((await call('nick')).model).toBe('named');
    await sublet.text('models', 'set', 'named', '--aliases', 'nack');
    expect(await thrownBy(call('nick'))).toMatchObject({ status: 404, code: 'model_not_found' });
    expect((await call('nack')).model).toBe('named');
  });

  it('is not there when it is disabled or removed, though its calls end well', async () => {
    const model = await gatedModel('ending');
    const open = await anOpenCall({ client }, { model });
    await sublet.text('models', 'set', model, '--disable');
    expect(await thrownBy(call(model))).toMatchObject({ status: 404, code: 'model_not_found' });
    await sublet.text('models', 'remove', model);
    expect(await open.finish()).toMatchObject({ text: 'One two', finish: 'stop', error: undefined });
    const { receipt } = await sublet.json('usage', 'receipt', open.requestId);
    expect(receipt).toMatchObject({ model, upstream: 'one', outcome: 'settled' });
  });
});
