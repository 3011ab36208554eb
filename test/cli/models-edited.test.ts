import { describe, expect, it } from 'vitest';
import { aDatabaseUrl } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';

const sublet = new Sublet(await aDatabaseUrl());

const model = async (name: string) => (await sublet.json('models', 'show', name)).model;

describe('a new model', () => {
  it('has what is usual where nothing else is said, and a warning that nobody serves it', async () => {
    const { changes, problems } = await sublet.json('models', 'add', 'plain:8b');
    const entry = {
      name: 'plain:8b',
      aliases: [],
      kind: 'chat',
      capabilities: [],
      minOutput: 64,
      imageTokens: 1500,
      status: 'active',
    };
    expect(changes).toEqual([{ kind: 'model', name: 'plain:8b', after: entry }]);
    expect(await model('plain:8b')).toEqual(entry);
    const message = 'no route leads anywhere from it';
    expect(problems).toEqual([{ severity: 'warning', path: 'models[plain:8b]', message }]);
  });

  it('has all that can be said of one', async () => {
    await sublet.json(
      ...['models', 'add', 'whole', '--display-name', 'Whole 8B', '--description', 'All, "that" can be said'],
      ...['--aliases', 'whole-a, whole-b', '--kind', 'chat', '--capabilities', 'tools,vision,thinking'],
      ...['--context', '32768', '--max-output', '8192', '--default-output', '2048', '--min-output', '16'],
      ...['--image-tokens', '0', '--disable'],
    );
    expect(await model('whole')).toEqual({
      name: 'whole',
      displayName: 'Whole 8B',
      description: 'All, "that" can be said',
      aliases: ['whole-a', 'whole-b'],
      kind: 'chat',
      capabilities: ['tools', 'vision', 'thinking'],
      contextTokens: 32_768,
      maxOutputTokens: 8192,
      defaultOutput: 2048,
      minOutput: 16,
      imageTokens: 0,
      status: 'disabled',
    });
    expect(await sublet.text('models', 'list')).toMatch(
      /^whole +whole-a, whole-b +chat +tools, vision, thinking +32,768 +8,192 +0 +disabled$/m,
    );
    expect(await sublet.text('models', 'show', 'whole')).toMatch(/^default output +2,048$/m);
  });

  it.each<[string[], number, string]>([
    [['plain:8b'], 1, "The catalog has the model 'plain:8b' already."],
    [['x', '--capabilities', 'flying'], 1, 'The catalog would not be right: models[x].capabilities[0]: '],
    [
      ['x', '--aliases', 'plain:8b'],
      1,
      "The catalog would not be right: models[x].aliases: 'plain:8b' is the name of a model.",
    ],
    [
      ['x', '--max-output', '10'],
      1,
      'The catalog would not be right: models[x].minOutput: 64 is more than maxOutputTokens, 10.',
    ],
    [['x', '--context', '4k'], 2, "'4k' is no whole number."],
    [['x', '--kind', 'song'], 2, "argument 'song' is invalid"],
    [[' x'], 1, 'The catalog would not be right: models[ x].name: must not begin or end with a space.'],
  ])('is refused as %j', async (args, exit, message) => {
    const refusal = await sublet.refusal('models', 'add', ...args);
    expect(refusal).toMatchObject({ exit, message: expect.stringContaining(message) });
  });
});

describe('a model', () => {
  it('is changed in what is named, and what is none is taken away', async () => {
    await sublet.json(
      'models',
      'add',
      'changing',
      '--aliases',
      'c1,c2',
      '--context',
      '4096',
      '--description',
      'A',
      '--capabilities',
      'tools',
    );
    const before = await model('changing');
    await sublet.json('models', 'set', 'changing', '--max-output', '1024', '--disable');
    expect(await model('changing')).toEqual({ ...before, maxOutputTokens: 1024, status: 'disabled' });
    const none = ['--aliases', '--context', '--description', '--capabilities', '--max-output'].flatMap(
      (each) => [each, 'none'],
    );
    await sublet.json('models', 'set', 'changing', ...none, '--enable');
    expect(await model('changing')).toEqual({
      name: 'changing',
      aliases: [],
      kind: 'chat',
      capabilities: [],
      minOutput: 64,
      imageTokens: 1500,
      status: 'active',
    });
  });

  it('is removed with its routes', async () => {
    await sublet.json('upstreams', 'add', 'u', '--backend', 'ollama', '--address', 'http://u');
    await sublet.json('models', 'add', 'gone');
    await sublet.json('routes', 'add', 'gone', 'u');
    const { changes, retired } = await sublet.json('models', 'remove', 'gone');
    expect(changes.map((each: { name: string }) => each.name)).toEqual(['gone', 'gone → u']);
    expect(retired).toEqual([]);
    expect(await sublet.refusal('models', 'show', 'gone')).toEqual({
      exit: 1,
      code: 'not_found',
      message: "The catalog has no model 'gone'.",
    });
    expect(await sublet.refusal('models', 'remove', 'gone')).toMatchObject({ code: 'not_found' });
  });

  it('stays when it is removed and has prices: disabled, without routes, its aliases free', async () => {
    await sublet.json('models', 'add', 'priced', '--aliases', 'cheap', '--context', '4096');
    await sublet.json('routes', 'add', 'priced', 'u');
    await sublet.json('prices', 'set', 'priced', '--input', '1', '--output', '2');
    const { stderr } = await sublet.run('models', 'remove', 'priced');
    expect(stderr).toMatch(
      /^Prices name priced: kept, disabled and without routes\.\nThe catalog is at version \d+\.\n$/,
    );
    expect(await sublet.json('models', 'show', 'priced')).toMatchObject({
      model: { status: 'disabled', aliases: [], contextTokens: 4096 },
      routes: [],
    });
    expect((await sublet.json('prices', 'list', '--model', 'priced')).prices).toHaveLength(1);
    await sublet.json('models', 'add', 'heir', '--aliases', 'cheap,priced');
    expect(await sublet.json('models', 'remove', 'priced')).toMatchObject({
      changed: false,
      retired: ['priced'],
    });
    expect(await sublet.refusal('models', 'set', 'priced', '--enable')).toMatchObject({
      message: "The catalog would not be right: models[heir].aliases: 'priced' is the name of a model.",
    });
  });
});
