import { describe, expect, it } from 'vitest';
import { aDatabaseUrl } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';

const sublet = new Sublet(await aDatabaseUrl());
for (const name of ['gpu-1', 'gpu-2']) {
  await sublet.text('upstreams', 'add', name, '--backend', 'ollama', '--address', `http://${name}`);
}
await sublet.text('upstreams', 'add', 'cloud', '--backend', 'openai', '--address', 'https://cloud/v1');
for (const name of ['a', 'b', 'c', 'd']) await sublet.text('models', 'add', name);

const routesOf = async (model: string) => (await sublet.json('routes', 'list', '--model', model)).routes;

describe('a new route', () => {
  it('leads to the model’s own name, in the first tier', async () => {
    const { changes } = await sublet.json('routes', 'add', 'a', 'gpu-1');
    const route = { model: 'a', upstream: 'gpu-1', upstreamModel: 'a', tier: 0, weight: 1, contextSteps: [] };
    expect(changes).toEqual([{ kind: 'route', name: 'a → gpu-1', after: route }]);
    expect(await routesOf('a')).toEqual([route]);
  });

  it('has all that can be said of one', async () => {
    await sublet.text(
      ...['routes', 'add', 'a', 'gpu-2', '--upstream-model', 'a:8b', '--tier', '1', '--weight', '3'],
      ...['--context-steps', '4096,8192', '--keep-alive', '-1', '--canary-percent', '5'],
      ...['--canary-header', 'X-Canary=new one'],
    );
    expect((await routesOf('a'))[1]).toEqual({
      model: 'a',
      upstream: 'gpu-2',
      upstreamModel: 'a:8b',
      tier: 1,
      weight: 3,
      contextSteps: [4096, 8192],
      keepAlive: '-1',
      canaryPercent: 5,
      canaryHeader: 'x-canary: new one',
    });
    expect(await sublet.text('routes', 'list', '--upstream', 'gpu-2')).toMatch(
      /^a +gpu-2 +a:8b +1 +3 +5 %, x-canary: new one +4096, 8192 +-1$/m,
    );
  });

  it.each<[string[], number, string, string]>([
    [['a', 'gpu-1'], 1, 'wrong_state', "The catalog has the route 'a → gpu-1' already."],
    [['x', 'gpu-1'], 1, 'invalid', "routes[x → gpu-1].model: there is no model 'x'."],
    [['a', 'gpu-9'], 1, 'invalid', "routes[a → gpu-9].upstream: there is no upstream 'gpu-9'."],
    [
      ['b', 'cloud', '--keep-alive', '5m'],
      1,
      'invalid',
      'routes[b → cloud].keepAlive: is for upstreams that are an Ollama.',
    ],
    [['b', 'gpu-1', '--context-steps', '8192,4096'], 1, 'invalid', 'contextSteps: must ascend.'],
    [['b', 'gpu-1', '--context-steps', '4096,x'], 2, 'usage', "'x' is no whole number."],
    [['b', 'gpu-1', '--upstream-model', 'gpt-oss:120b-cloud'], 1, 'invalid', "is a model of Ollama's cloud"],
    [['b', 'gpu-1', '--canary-percent', '5'], 1, 'invalid', 'models[b]: all its routes are canaries'],
    [['b', 'gpu-1', '--weight', '0'], 1, 'invalid', 'routes[b → gpu-1].weight: '],
  ])('is refused as %j', async (args, exit, code, message) => {
    const refusal = await sublet.refusal('routes', 'add', ...args);
    expect(refusal).toMatchObject({ exit, code, message: expect.stringContaining(message) });
  });
});

describe('a route', () => {
  it('is changed in what is named, and what is none is taken away', async () => {
    await sublet.text('routes', 'add', 'c', 'gpu-1');
    await sublet.text('routes', 'add', 'c', 'gpu-2', '--canary-percent', '5', '--keep-alive', '5m');
    await sublet.text(
      ...[
        'routes',
        'set',
        'c',
        'gpu-2',
        '--tier',
        '2',
        '--canary-percent',
        'none',
        '--new-upstream-model',
        'c2',
      ],
    );
    expect((await routesOf('c'))[1]).toEqual({
      model: 'c',
      upstream: 'gpu-2',
      upstreamModel: 'c2',
      tier: 2,
      weight: 1,
      contextSteps: [],
      keepAlive: '5m',
    });
    expect(await sublet.refusal('routes', 'set', 'c', 'gpu-2')).toMatchObject({ exit: 2 });
  });

  it('is one of several only when it is said which', async () => {
    await sublet.text('routes', 'add', 'd', 'gpu-1');
    await sublet.text('routes', 'add', 'd', 'gpu-1', '--upstream-model', 'd:q8');
    expect(await sublet.refusal('routes', 'remove', 'd', 'gpu-1')).toEqual({
      exit: 1,
      code: 'ambiguous',
      message: "Several routes lead from 'd' to 'gpu-1', as d, d:q8: say which.",
    });
    await sublet.text('routes', 'remove', 'd', 'gpu-1', '--upstream-model', 'd:q8');
    await sublet.text('routes', 'remove', 'd', 'gpu-1');
    expect(await routesOf('d')).toEqual([]);
    expect(await sublet.refusal('routes', 'remove', 'd', 'gpu-1')).toMatchObject({
      code: 'not_found',
      message: "The catalog has no route from 'd' to 'gpu-1'.",
    });
  });
});
