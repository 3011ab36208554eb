import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDocument, documents } from '../fixtures/catalog-documents.ts';
import { checkCatalog } from './check.ts';
import type { CatalogDocument } from './document.ts';
import { showProblem } from './problem.ts';

const told = (document: unknown) =>
  checkCatalog(document).map((problem) => `${problem.severity} ${showProblem(problem)}`);

/** `m` of `u`, and another model that a second upstream serves. */
function twoModels(
  other: Parameters<typeof aDocument>[1],
  own: Parameters<typeof aDocument>[1] = {},
): CatalogDocument {
  const one = aDocument({}, own);
  const two = aDocument({ name: 'v' }, { name: 'n', ...other }, { model: other?.name ?? 'n', upstream: 'v' });
  return {
    upstreams: [...one.upstreams, ...two.upstreams],
    models: [...one.models, ...two.models],
    routes: [...one.routes, ...two.routes],
  };
}

const withRoutes = (...routes: Parameters<typeof aDocument>[2][]): CatalogDocument => ({
  ...aDocument(),
  routes: routes.map(
    (route, index) => aDocument({}, {}, { upstreamModel: `m${index}`, ...route }).routes[0]!,
  ),
});

describe('a catalog', () => {
  it('is right', () => {
    expect(told(aDocument())).toEqual([]);
    expect(told({ upstreams: [], models: [], routes: [] })).toEqual([]);
  });

  it('is right, however it was made', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(checkCatalog(document).filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(checkCatalog(JSON.parse(JSON.stringify(document)))).toEqual(checkCatalog(document));
      }),
    );
  });
});

describe('what is wrong with a catalog', () => {
  it.each<[string, unknown, string[]]>([
    ['nothing', null, [expect.stringMatching(/^error Invalid input/)]],
    ['a section that is missing', { upstreams: [], models: [] }, [expect.stringMatching(/^error routes: /)]],
    [
      'fields that nobody knows',
      {
        ...aDocument(),
        upstreams: [{ ...aDocument().upstreams[0], adress: 'x', timeouts: { idle: 1 } }],
        more: 1,
      },
      [
        'error upstreams[u].timeouts.idle: there is no such field',
        'error upstreams[u].adress: there is no such field',
        'error more: there is no such field',
      ],
    ],
    [
      'a value of the wrong kind',
      { ...aDocument(), routes: [{ ...aDocument().routes[0], weight: 0 }] },
      [expect.stringMatching(/^error routes\[m → u\]\.weight: /)],
    ],
    [
      'an entry without a name',
      { ...aDocument(), models: [{ aliases: [7] }] },
      [
        expect.stringMatching(/^error models\[0\]\.name: /),
        expect.stringMatching(/^error models\[0\]\.aliases\[0\]: /),
      ],
    ],
    ...['', ' m', 'm ', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(201)].map(
      (name): [string, unknown, string[]] => [
        `a model called ${JSON.stringify(name.slice(0, 9))}`,
        { ...aDocument(), models: [...aDocument().models, { name }] },
        expect.arrayContaining([expect.stringMatching(/^error models\[.*\]\.name: /s)]),
      ],
    ),
  ])('is its shape: %s', (_, document, problems) => {
    expect(told(document)).toEqual(problems);
  });

  it.each<[string, CatalogDocument, string[]]>([
    ['an upstream twice', twice('upstreams'), ['error upstreams[u]: stands there twice']],
    ['a model twice', twice('models'), ['error models[m]: stands there twice']],
    ['a route twice', twice('routes'), ['error routes[m → u]: stands there twice']],
    [
      'an alias that is a model’s name',
      twoModels({ aliases: ['m'] }),
      ["error models[n].aliases: 'm' is the name of a model"],
    ],
    [
      'an alias that is its own name',
      aDocument({}, { aliases: ['m'] }),
      ["error models[m].aliases: 'm' is the name of itself"],
    ],
    [
      'an alias of two models',
      twoModels({ aliases: ['x'] }, { aliases: ['x'] }),
      ["error models[n].aliases: 'x' is an alias of 'm', too"],
    ],
    [
      'an alias twice',
      aDocument({}, { aliases: ['x', 'x'] }),
      ["error models[m].aliases: 'x' stands there twice"],
    ],
    [
      'a name that Ollama’s users shorten to another',
      twoModels({ name: 'm:latest' }),
      ["error models[m:latest]: 'm:latest' is 'm' to Ollama's users, which is the model 'm'"],
    ],
    [
      'an alias that Ollama’s users shorten to another',
      twoModels({ aliases: ['x:latest'] }, { aliases: ['x'] }),
      ["error models[n]: 'x:latest' is 'x' to Ollama's users, which is the model 'm'"],
    ],
  ])('is a name: %s', (_, document, problems) => {
    expect(told(document)).toEqual(problems);
  });

  it.each<[string, CatalogDocument]>([
    ['is shortened by its own alias', aDocument({}, { aliases: ['m:latest'] })],
    ['has the name of a disabled model', twoModels({ aliases: ['m'] }, { status: 'disabled' })],
    ['is short for a disabled model', twoModels({ name: 'm:latest', status: 'disabled' })],
    [
      'is an alias of a disabled model, too',
      twoModels({ aliases: ['x'], status: 'disabled' }, { aliases: ['x'] }),
    ],
  ])('is no name that %s', (_, document) => {
    expect(told(document)).toEqual([]);
  });

  it.each<[string, CatalogDocument, string[]]>([
    [
      'from a model that is not there',
      { ...aDocument(), models: [] },
      ["error routes[m → u].model: there is no model 'm'"],
    ],
    [
      'to an upstream that is not there',
      { ...aDocument(), upstreams: [] },
      ["error routes[m → u].upstream: there is no upstream 'u'", expect.stringMatching(/^warning models/)],
    ],
    [
      'with contexts that do not ascend',
      aDocument({}, {}, { contextSteps: [4096, 8192, 8192] }),
      ['error routes[m → u].contextSteps: must ascend'],
    ],
    [
      'with contexts that the model has not',
      aDocument({}, { contextTokens: 8000 }, { contextSteps: [4096, 8192] }),
      ["warning routes[m → u].contextSteps: go beyond the model's context, 8000"],
    ],
    [
      'with contexts, to what is no Ollama',
      aDocument({ backend: 'openai' }, {}, { contextSteps: [4096] }),
      ['error routes[m → u].contextSteps: is for upstreams that are an Ollama'],
    ],
    [
      'with a keep-alive, to what is no Ollama',
      aDocument({ backend: 'openai' }, {}, { keepAlive: '5m' }),
      ['error routes[m → u].keepAlive: is for upstreams that are an Ollama'],
    ],
    ...['soon', '10', '5 m', '1d', '--1', 'm'].flatMap((keepAlive): [string, CatalogDocument, string[]][] => {
      const isRight = keepAlive === '10';
      const wrong =
        'error routes[m → u].keepAlive: must be written as Ollama does: 10m, 1h30m, 0, or -1 for ever';
      return [[`kept alive for ${keepAlive}`, aDocument({}, {}, { keepAlive }), isRight ? [] : [wrong]]];
    }),
    ...['-1', '1h30m', '0', '1.5h', '-1s'].map((keepAlive): [string, CatalogDocument, string[]] => [
      `kept alive for ${keepAlive}`,
      aDocument({}, {}, { keepAlive }),
      [],
    ]),
    ...['gpt-oss:120b-cloud', 'glm:cloud'].map((upstreamModel): [string, CatalogDocument, string[]] => [
      `to ${upstreamModel}`,
      aDocument({}, {}, { upstreamModel }),
      [
        `error routes[m → u ${upstreamModel}].upstreamModel: is a model of Ollama's cloud, not of this Ollama`,
      ],
    ]),
    [
      'to what only sounds so elsewhere',
      aDocument({ backend: 'openai' }, {}, { upstreamModel: 'x-cloud' }),
      [],
    ],
    [
      'for a header that cannot be',
      withRoutes({}, { canaryHeader: 'x canary' }),
      ["error routes[m → u m1].canaryHeader: must be the name of a header, or 'name: value'"],
    ],
    [
      'for a header',
      withRoutes({}, { canaryHeader: 'x-canary' }, { canaryHeader: 'X-Canary: two words' }),
      [],
    ],
    [
      'for more than all calls',
      withRoutes({}, { canaryPercent: 60 }, { canaryPercent: 41 }),
      ['error models[m]: the percents of its canaries add up to 101'],
    ],
    ['for all calls', withRoutes({}, { canaryPercent: 60 }, { canaryPercent: 40 }), []],
    [
      'for a share, with none for the rest',
      withRoutes({ canaryPercent: 5 }, { canaryHeader: 'x-a' }),
      ['error models[m]: all its routes are canaries: other calls would have nowhere to go'],
    ],
  ])('is a route %s', (_, document, problems) => {
    expect(told(document)).toEqual(problems);
  });

  it.each<[Parameters<typeof aDocument>[1], string[]]>([
    [{ contextTokens: 63 }, ['error models[m].minOutput: 64 is more than contextTokens, 63']],
    [{ minOutput: 9, maxOutputTokens: 8 }, ['error models[m].minOutput: 9 is more than maxOutputTokens, 8']],
    [
      { defaultOutput: 101, maxOutputTokens: 100 },
      ['error models[m].defaultOutput: 101 is more than maxOutputTokens, 100'],
    ],
    [
      { maxOutputTokens: 101, contextTokens: 100 },
      ['error models[m].maxOutputTokens: 101 is more than contextTokens, 100'],
    ],
    [{ minOutput: 8, defaultOutput: 8, maxOutputTokens: 8, contextTokens: 8 }, []],
    [{ kind: 'embedding', contextTokens: 8 }, []],
  ])('are the sizes of a model: %j', (model, problems) => {
    expect(told(aDocument({}, model))).toEqual(problems);
  });

  it.each<[string, boolean]>([
    ['http://ollama', true],
    ['https://service.example/compatible-mode/v1/', true],
    ['http://[::1]:11434', true],
    ['env:UPSTREAM_GPU_1', true],
    ['env:KEY_PEPPER', false],
    ['env:UPSTREAM_', false],
    ['env:UPSTREAM_A/v1', false],
    ['ftp://x', false],
    ['ollama:11434', false],
    ['http://', false],
    ['http:/x', false],
    ['http://user@x', false],
    ['http://:secret@x', false],
    ['http://x?', false],
    ['http://x/?a=b', false],
    ['http://x#', false],
    [' http://x', false],
    ['http://x/a b', false],
  ])('is an address, or not: %s', (address, isRight) => {
    expect(told(aDocument({ address }))).toEqual(
      isRight ? [] : [expect.stringMatching(/^error upstreams\[u\]\.address: /)],
    );
  });

  it.each([
    'sk-secret',
    'env:KEY_PEPPER',
    'env:upstream_a',
    'signed:sk-secret',
    'signed:signed:env:UPSTREAM_A',
  ])('is the credential %s', (credential) => {
    expect(told(aDocument({ credential }))).toEqual([
      expect.stringMatching(/^error upstreams\[u\]\.credential: must name a variable/),
    ]);
    expect(told(aDocument({ credential: 'env:UPSTREAM_A' }))).toEqual([]);
  });

  it('is a credential that signs, of what is no Ollama', () => {
    const credential = 'signed:env:UPSTREAM_A';
    expect(told(aDocument({ credential }))).toEqual([]);
    expect(told(aDocument({ credential, backend: 'openai' }))).toEqual([
      expect.stringMatching(/^error upstreams\[u\]\.credential: signs requests to an ollama-proxy/),
    ]);
  });

  it.each<[NonNullable<Parameters<typeof aDocument>[0]>['headers'], string?]>([
    [
      {
        set: { 'x-a': 'b', 'x-b': 'env:UPSTREAM_B' },
        remove: ['user-agent'],
        rename: { authorization: 'api-key' },
      },
    ],
    [{ set: { 'x-a': '中' } }, "set: 'x-a' has a value that no header can have"],
    [{ set: { 'x-a': 'env:HOME' } }, "set: 'x-a' names no variable"],
    [{ set: { 'X-A': 'b' } }, "set: 'X-A' is no name of a header, in lower case"],
    [{ set: { 'a b': 'c' } }, "set: 'a b' is no name of a header"],
    [{ set: { connection: 'close' } }, "set: 'connection' belongs to the connection"],
    [{ set: { authorization: 'Bearer sk-secret' } }, "set: 'authorization' is a credential"],
    [{ set: { 'x-api-key': 'secret' } }, "set: 'x-api-key' is a credential"],
    [{ set: { 'x-api-key': 'env:UPSTREAM_KEY' } }],
    [{ remove: [''] }, "remove: '' is no name of a header"],
    [{ rename: { Authorization: 'x' } }, "rename: 'Authorization' is no name of a header, in lower case"],
    [{ rename: { authorization: 'host' } }, "rename: 'host' belongs to the connection"],
  ])('are rules for headers: %j', (headers, wrong) => {
    const start = `error upstreams[u].headers.${wrong}`;
    const expected = wrong === undefined ? [] : [expect.stringContaining(start)];
    expect(told(aDocument({ headers: headers! }))).toEqual(expected);
  });

  it('is, with a warning, a model that is served nowhere', () => {
    expect(told({ ...aDocument(), routes: [] })).toEqual([
      'warning models[m]: no route leads anywhere from it',
    ]);
    expect(told(aDocument({ status: 'disabled' }))).toEqual([
      'warning models[m]: all upstreams that it is served by are disabled',
    ]);
    expect(told(aDocument({ status: 'disabled' }, { status: 'disabled' }))).toEqual([]);
  });
});

function twice(section: keyof CatalogDocument): CatalogDocument {
  const document = aDocument();
  return { ...document, [section]: [...document[section], ...document[section]] };
}
