import { describe, expect, it } from 'vitest';
import { aDatabaseUrl } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';

const sublet = new Sublet(await aDatabaseUrl());

const upstream = async (name: string) => (await sublet.json('upstreams', 'show', name)).upstream;
const add = (name: string, ...args: string[]) =>
  sublet.json('upstreams', 'add', name, '--backend', 'ollama', '--address', `http://${name}:11434`, ...args);

describe('a new upstream', () => {
  it('has what is usual where nothing else is said', async () => {
    const { changed, changes } = await add('plain');
    expect(changed).toBe(true);
    const entry = {
      name: 'plain',
      backend: 'ollama',
      address: 'http://plain:11434',
      headers: { rename: {}, remove: [], set: {} },
      outputCapField: 'max_tokens',
      timeouts: {},
      status: 'active',
    };
    expect(changes).toEqual([{ kind: 'upstream', name: 'plain', after: entry }]);
    expect(await upstream('plain')).toEqual(entry);
  });

  it('has all that can be said of one', async () => {
    await sublet.json(
      ...['upstreams', 'add', 'whole', '--backend', 'openai', '--address', 'env:UPSTREAM_WHOLE_URL'],
      ...['--credential', 'env:UPSTREAM_WHOLE_KEY', '--slots', '4', '--disable'],
      ...['--output-cap-field', 'max_completion_tokens'],
      ...[
        '--set-header',
        'X-Team=a=b, c',
        '--set-header',
        'x-key=env:UPSTREAM_X',
        '--remove-header',
        'User-Agent',
      ],
      ...['--rename-header', 'Authorization=API-Key'],
      ...['--connect-timeout', '500ms', '--first-piece-timeout', '2m', '--idle-timeout', '30s'],
      ...['--total-timeout', '1h'],
    );
    expect(await upstream('whole')).toEqual({
      name: 'whole',
      backend: 'openai',
      address: 'env:UPSTREAM_WHOLE_URL',
      credential: 'env:UPSTREAM_WHOLE_KEY',
      slots: 4,
      headers: {
        rename: { authorization: 'api-key' },
        remove: ['user-agent'],
        set: { 'x-team': 'a=b, c', 'x-key': 'env:UPSTREAM_X' },
      },
      outputCapField: 'max_completion_tokens',
      timeouts: { connectMs: 500, firstPieceMs: 120_000, idleMs: 30_000, totalMs: 3_600_000 },
      status: 'disabled',
    });
    const card = await sublet.text('upstreams', 'show', 'whole');
    expect(card).toMatch(/^first piece +2m$/m);
    expect(card).toMatch(/^connect +500ms$/m);
    expect(card).toMatch(/^rename +authorization to api-key$/m);
  });

  it('is told to a person as what changed', async () => {
    const { stdout, stderr } = await sublet.run(
      ...['upstreams', 'add', 'told', '--backend', 'ollama', '--address', 'http://told', '--slots', '2'],
    );
    expect(stdout).toMatch(/^added +upstream +told +backend ollama, address http:\/\/told, slots 2, /m);
    expect(stderr).toMatch(/^The catalog is at version \d+\.\n$/);
    expect(await sublet.text('upstreams', 'list')).toMatch(/^told +ollama +http:\/\/told +2 +0 +active$/m);
  });

  it.each<[string[], number, string, string]>([
    [['--address', 'http://x'], 1, 'invalid', 'The catalog would not be right: upstreams[x].backend: '],
    [['--backend', 'ollama'], 1, 'invalid', 'The catalog would not be right: upstreams[x].address: '],
    [['--backend', 'ftp'], 2, 'usage', "Option '--backend <kind>' argument 'ftp' is invalid."],
    [
      ['--backend', 'ollama', '--address', 'http://u:p@x'],
      1,
      'invalid',
      'The catalog would not be right: upstreams[x].address: must not hold a name or password',
    ],
    [
      ['--slots', '-1'],
      2,
      'usage',
      "Option '--slots <count>' argument '-1' is invalid. '-1' is no whole number.",
    ],
    [
      ['--slots', '0', '--backend', 'ollama', '--address', 'http://x'],
      1,
      'invalid',
      'The catalog would not be right: upstreams[x].slots: ',
    ],
    [
      ['--connect-timeout', '0s'],
      2,
      'usage',
      "Option '--connect-timeout <time>' argument '0s' is invalid. '0s' is no time-out",
    ],
    [
      ['--set-header', 'nothing'],
      2,
      'usage',
      "Option '--set-header <name=value>' argument 'nothing' is invalid. 'nothing' is no rule",
    ],
    [
      ['--set-header', '__proto__=x'],
      2,
      'usage',
      "Option '--set-header <name=value>' argument '__proto__=x' is invalid.",
    ],
    [['--enable', '--disable'], 2, 'usage', 'Give --enable or --disable, not both.'],
  ])('is refused with %j', async (args, exit, code, message) => {
    const refusal = await sublet.refusal('upstreams', 'add', 'x', ...args);
    expect(refusal).toEqual({ exit, code, message: expect.stringContaining(message) });
  });
});

describe('an upstream', () => {
  it('is entered once', async () => {
    await add('once');
    expect(
      await sublet.refusal('upstreams', 'add', 'once', '--backend', 'ollama', '--address', 'http://x'),
    ).toEqual({ exit: 1, code: 'wrong_state', message: "The catalog has the upstream 'once' already." });
  });

  it('is changed in what is named, and in nothing else', async () => {
    await add(
      'changing',
      '--slots',
      '2',
      '--idle-timeout',
      '5s',
      '--total-timeout',
      '9s',
      '--set-header',
      'x-a=1',
    );
    const before = await upstream('changing');
    const { changes } = await sublet.json(
      ...[
        'upstreams',
        'set',
        'changing',
        '--slots',
        'none',
        '--idle-timeout',
        'none',
        '--set-header',
        'x-b=2',
      ],
    );
    const { slots: _, ...rest } = before;
    const after = {
      ...rest,
      timeouts: { totalMs: 9_000 },
      headers: { rename: {}, remove: [], set: { 'x-a': '1', 'x-b': '2' } },
    };
    expect(changes).toEqual([{ kind: 'upstream', name: 'changing', before, after }]);
    await sublet.json(
      'upstreams',
      'set',
      'changing',
      '--clear-headers',
      '--remove-header',
      'x-c',
      '--disable',
    );
    expect(await upstream('changing')).toEqual({
      ...after,
      headers: { rename: {}, remove: ['x-c'], set: {} },
      status: 'disabled',
    });
    await sublet.json('upstreams', 'set', 'changing', '--enable');
    expect(await upstream('changing')).toMatchObject({ status: 'active' });
  });

  it('is as it was when it is set to what it is', async () => {
    await add('same', '--slots', '3');
    const { version } = await sublet.json('catalog', 'show');
    const { code, stdout, stderr } = await sublet.run('upstreams', 'set', 'same', '--slots', '3');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'Nothing differs, and nothing was changed.\n',
    });
    expect((await sublet.json('catalog', 'show')).version).toBe(version);
  });

  it('may want its requests signed', async () => {
    await add('proxy');
    const credential = 'signed:env:UPSTREAM_PROXY_SECRET';
    await sublet.text('upstreams', 'set', 'proxy', '--credential', credential);
    expect(await upstream('proxy')).toMatchObject({ credential });
    expect(await sublet.text('upstreams', 'show', 'proxy')).toMatch(
      /^credential +signed:env:UPSTREAM_PROXY_SECRET$/m,
    );
  });

  it('is refused what it cannot be, and stays as it was', async () => {
    await add('strict');
    const before = await upstream('strict');
    const set = (...args: string[]) => sublet.refusal('upstreams', 'set', 'strict', ...args);
    expect(await set('--credential', 'sk-secret')).toMatchObject({ exit: 1, code: 'invalid' });
    expect(await set('--set-header', 'host=x')).toMatchObject({
      message: expect.stringContaining("upstreams[strict].headers.set: 'host' belongs to the connection"),
    });
    expect(await set()).toMatchObject({ exit: 2, message: 'Say what shall change: see --help.' });
    expect(await upstream('strict')).toEqual(before);
    expect(await sublet.refusal('upstreams', 'set', 'nobody', '--slots', '1')).toEqual({
      exit: 1,
      code: 'not_found',
      message: "The catalog has no upstream 'nobody'.",
    });
  });

  it('is removed, with its routes only when that is said', async () => {
    await add('gone');
    await sublet.json('models', 'add', 'served');
    await sublet.json('routes', 'add', 'served', 'gone');
    expect(await sublet.refusal('upstreams', 'remove', 'gone')).toEqual({
      exit: 1,
      code: 'wrong_state',
      message: "Routes lead to 'gone', from served. Remove them first, or with it: --recursive.",
    });
    const { changes, problems } = await sublet.json('upstreams', 'remove', 'gone', '--recursive');
    expect(changes.map((each: { kind: string; name: string }) => `${each.kind} ${each.name}`)).toEqual([
      'upstream gone',
      'route served → gone',
    ]);
    expect(problems).toEqual([
      { severity: 'warning', path: 'models[served]', message: 'no route leads anywhere from it' },
    ]);
    expect(await sublet.refusal('upstreams', 'show', 'gone')).toMatchObject({ code: 'not_found' });
  });
});
