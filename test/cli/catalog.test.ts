import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { aDocument } from '#shared/fixtures/catalog-documents.ts';
import { fillCatalog } from '../../local/start/fill-catalog.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { aModel } from '../helpers/gateway.ts';
import { Sublet } from '../helpers/sublet.ts';

const folder = await mkdtemp(join(tmpdir(), 'sublet-catalog-'));
afterAll(() => rm(folder, { recursive: true }));

async function aFile(content: unknown): Promise<string> {
  const file = join(folder, `${Math.random()}.json`);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A catalog that npm start or somebody else has filled. */
async function aFilledCatalog() {
  const url = await aDatabaseUrl();
  const database = connectedTo(url);
  await aModel(database, { name: 'theirs', backend: 'ollama', address: 'http://theirs' });
  return { sublet: new Sublet(url), database, url };
}

const tell = (database: ReturnType<typeof connectedTo>, statement: string) =>
  database.write((db) => db.execute(sql.raw(statement)));

describe('the catalog', () => {
  it('is shown to a person and to a program, as whoever filled it made it', async () => {
    const { sublet } = await aFilledCatalog();
    const shown = await sublet.json('catalog', 'show');
    expect(shown).toMatchObject({
      version: expect.any(Number),
      upstreams: [{ name: 'ollama http://theirs', status: 'active' }],
      models: [{ name: 'theirs', minOutput: 64 }],
      routes: [{ model: 'theirs', upstream: 'ollama http://theirs', upstreamModel: 'theirs' }],
    });
    expect(await sublet.text('catalog', 'show')).toMatch(
      /^Version \d+\n\nUPSTREAM[\s\S]+\nMODEL +ALIASES[\s\S]+\nMODEL +UPSTREAM[\s\S]+\ntheirs +ollama http:\/\/theirs/,
    );
  });

  it('is the same after what was exported is applied', async () => {
    const { sublet } = await aFilledCatalog();
    const exported = await sublet.text('catalog', 'export');
    expect(JSON.parse(exported)).toEqual(await sublet.json('catalog', 'export'));
    const file = await aFile(exported);
    expect(await sublet.json('catalog', 'apply', file)).toMatchObject({ changed: false, changes: [] });
    expect((await sublet.json('catalog', 'versions')).versions).toEqual([]);
  });
});

describe('a document that is applied', () => {
  it('is the whole catalog, and shows what changes before it does', async () => {
    const { sublet } = await aFilledCatalog();
    const before = await sublet.json('catalog', 'export');
    const file = await aFile(aDocument());
    const dry = await sublet.json('catalog', 'apply', file, '--dry-run');
    expect(dry.changed).toBe(false);
    expect(await sublet.json('catalog', 'export')).toEqual(before);
    const { changed, changes } = await sublet.json('catalog', 'apply', file, '--note', 'as agreed');
    expect(changed).toBe(true);
    expect(changes).toEqual(dry.changes);
    expect(changes.map((each: { kind: string; name: string }) => `${each.kind} ${each.name}`)).toEqual([
      'upstream ollama http://theirs',
      'upstream u',
      'model m',
      'model theirs',
      'route m → u',
      'route theirs → ollama http://theirs',
    ]);
    expect(await sublet.json('catalog', 'export')).toEqual(aDocument());
    const { versions } = await sublet.json('catalog', 'versions');
    expect(versions.map((each: { note: string }) => each.note)).toEqual([
      'what there was before the first change',
      'as agreed',
    ]);
  });

  it('may leave out what has a default', async () => {
    const { sublet } = await aFilledCatalog();
    const upstreams = [{ name: 'u', backend: 'ollama', address: 'http://u:11434' }];
    const routes = [{ model: 'm', upstream: 'u', upstreamModel: 'm' }];
    await sublet.text('catalog', 'apply', await aFile({ upstreams, models: [{ name: 'm' }], routes }));
    expect(await sublet.json('catalog', 'export')).toEqual(aDocument());
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'This is no JSON: '],
    ['no catalog', [], 'The catalog would not be right: '],
    ['a part of one', { upstreams: [], models: [] }, 'The catalog would not be right: routes: '],
    [
      'with fields that nobody knows',
      { ...aDocument(), upstreams: [{ ...aDocument().upstreams[0], slot: 4 }], prices: [] },
      'The catalog would not be right: upstreams[u].slot: there is no such field; prices: there is no such field.',
    ],
    [
      'wrong as a whole',
      { ...aDocument({}, { aliases: ['m'] }), upstreams: [] },
      "The catalog would not be right: models[m].aliases: 'm' is the name of itself; routes[m → u].upstream: there is no upstream 'u'.",
    ],
    [
      'with a trap',
      '{"upstreams": [], "models": [], "routes": [], "__proto__": {}}',
      'There is no such field as __proto__.',
    ],
  ])('is refused when it is %s, and changes nothing', async (_, document, message) => {
    const { sublet } = await aFilledCatalog();
    const before = await sublet.json('catalog', 'show');
    const refusal = await sublet.refusal('catalog', 'apply', await aFile(document));
    expect(refusal).toEqual({ exit: 1, code: 'invalid', message: expect.stringContaining(message) });
    expect(await sublet.json('catalog', 'show')).toEqual(before);
  });

  it('is refused when somebody changed the catalog since it was looked at', async () => {
    const { sublet } = await aFilledCatalog();
    const { version } = await sublet.json('catalog', 'show');
    await sublet.text('models', 'add', 'meanwhile');
    const { version: current } = await sublet.json('catalog', 'show');
    const file = await aFile(aDocument());
    const apply = ['catalog', 'apply', file, '--if-version'];
    expect(await sublet.refusal(...apply, String(version))).toEqual({
      exit: 1,
      code: 'wrong_state',
      message: `The catalog is at version ${current} by now, not ${version}. Nothing was changed.`,
    });
    await sublet.text(...apply, String(current));
    expect(await sublet.refusal('catalog', 'apply', '/nowhere')).toMatchObject({ exit: 2 });
  });

  it('keeps models that have prices, disabled', async () => {
    const { sublet } = await aFilledCatalog();
    await sublet.text('prices', 'set', 'theirs', '--input', '1', '--output', '1');
    const file = await aFile(aDocument());
    expect((await sublet.json('catalog', 'apply', file)).retired).toEqual(['theirs']);
    const { models } = await sublet.json('catalog', 'export');
    expect(models).toMatchObject([{ name: 'm' }, { name: 'theirs', status: 'disabled' }]);
    expect(await sublet.json('catalog', 'apply', file)).toMatchObject({ changed: false });
  });
});

describe('a version of the catalog', () => {
  it('is kept of what there was before the first change, too, and can be had back', async () => {
    const { sublet } = await aFilledCatalog();
    const filled = await sublet.json('catalog', 'show');
    const made = await sublet.json('models', 'set', 'theirs', '--aliases', 'ours');
    await sublet.text('models', 'add', 'more');
    const back = await sublet.json('catalog', 'rollback', String(filled.version));
    expect(back.version).toBeGreaterThan(made.version);
    expect(await sublet.json('catalog', 'show')).toEqual({ ...filled, version: back.version });
    await sublet.text('catalog', 'rollback', String(made.version));
    expect((await sublet.json('catalog', 'export')).models).toMatchObject([
      { name: 'theirs', aliases: ['ours'] },
    ]);
    const { versions } = await sublet.json('catalog', 'versions');
    expect(versions.map((each: { note: string; models: number }) => [each.note, each.models])).toEqual([
      ['what there was before the first change', 1],
      ['models set theirs', 1],
      ['models add more', 2],
      [`catalog rollback ${filled.version}`, 1],
      [`catalog rollback ${made.version}`, 1],
    ]);
    expect(await sublet.json('catalog', 'export', '--at', String(filled.version))).toEqual(
      (({ version: _, ...document }) => document)(filled),
    );
    expect(await sublet.text('catalog', 'versions')).toMatch(
      /^\d+ +\d{4}-\d\d-\d\d \d\d:\d\d +1 +2 +1 +models add more$/m,
    );
  });

  it('is kept of what npm start has filled, and again when it has found something else', async () => {
    const url = await aDatabaseUrl();
    const database = connectedTo(url);
    const sublet = new Sublet(url);
    const start = (...names: string[]) => {
      const models = names.map((name) => ({ name, capabilities: ['tools'], contextTokens: 4096 }));
      const found = [{ url: 'http://ollama', models, leftOut: [] }];
      return database.write((db) => fillCatalog(db, found, { isOwn: true }));
    };
    await start('a', 'b');
    const { version, ...filled } = await sublet.json('catalog', 'show');
    await sublet.text('upstreams', 'set', 'ollama http://ollama', '--slots', '2');
    await start('a', 'c');
    await sublet.text('models', 'set', 'c', '--aliases', 'see');
    await sublet.text('catalog', 'rollback', String(version));
    expect(await sublet.json('catalog', 'export')).toEqual(filled);
    const { versions } = await sublet.json('catalog', 'versions');
    expect(versions.map((each: { note: string }) => each.note)).toEqual([
      'what there was before the first change',
      'upstreams set ollama http://ollama',
      'what others had changed since',
      'models set c',
      `catalog rollback ${version}`,
    ]);
  });

  it('is kept of what others changed in between', async () => {
    const { sublet, database } = await aFilledCatalog();
    await sublet.text('models', 'set', 'theirs', '--aliases', 'ours');
    await tell(database, `update models set aliases = '{"by hand"}'`);
    const { version } = await sublet.json('catalog', 'show');
    await sublet.text('models', 'set', 'theirs', '--aliases', 'none');
    const { versions } = await sublet.json('catalog', 'versions');
    expect(versions.map((each: { note: string }) => each.note)).toEqual([
      'what there was before the first change',
      'models set theirs',
      'what others had changed since',
      'models set theirs',
    ]);
    await sublet.text('catalog', 'rollback', String(version));
    expect((await sublet.json('catalog', 'export')).models[0].aliases).toEqual(['by hand']);
  });

  it('is not there', async () => {
    const { sublet } = await aFilledCatalog();
    const message = 'There is no version 999 of the catalog: see catalog versions.';
    expect(await sublet.refusal('catalog', 'rollback', '999')).toEqual({
      exit: 1,
      code: 'not_found',
      message,
    });
    expect(await sublet.refusal('catalog', 'show', '--at', '999')).toMatchObject({ code: 'not_found' });
    expect(await sublet.refusal('catalog', 'rollback', 'last')).toMatchObject({ exit: 2 });
  });
});

describe('what somebody else made wrong', () => {
  it('is found, and stands in the way of no change that makes nothing worse', async () => {
    const { sublet, database } = await aFilledCatalog();
    expect(await sublet.text('catalog', 'check')).toBe('The catalog is right.\n');
    await tell(database, `update upstreams set address = 'http://user:secret@theirs'`);
    const { code, stdout } = await sublet.run('catalog', 'check', '--json');
    expect(code).toBe(1);
    const problem = {
      severity: 'error',
      path: 'upstreams[ollama http://theirs].address',
      message: 'must not hold a name or password: a credential stands in the environment',
    };
    expect(JSON.parse(stdout)).toEqual({ problems: [problem] });
    const shown = await sublet.run('catalog', 'check');
    expect(shown).toMatchObject({ code: 1, stdout: `Error: ${problem.path}: ${problem.message}.\n` });

    expect((await sublet.json('models', 'set', 'theirs', '--aliases', 'x')).problems).toEqual([problem]);
    expect(await sublet.refusal('models', 'set', 'theirs', '--aliases', 'theirs')).toMatchObject({
      code: 'invalid',
    });
    await sublet.text('upstreams', 'set', 'ollama http://theirs', '--address', 'http://theirs');
    expect(await sublet.text('catalog', 'check')).toBe('The catalog is right.\n');
  });

  it('is no failure where it is a warning', async () => {
    const { sublet } = await aFilledCatalog();
    await sublet.text('upstreams', 'set', 'ollama http://theirs', '--disable');
    expect(await sublet.run('catalog', 'check')).toMatchObject({
      code: 0,
      stdout: 'Warning: models[theirs]: all upstreams that it is served by are disabled.\n',
    });
  });
});

describe('what routers learnt of an upstream', () => {
  it('is forgotten when it has another address, and only then', async () => {
    const { sublet, database } = await aFilledCatalog();
    await tell(database, `insert into upstream_states (upstream_id, failures) select id, 3 from upstreams`);
    const learnt = async () => [...(await tell(database, 'select failures from upstream_states'))];
    await sublet.text('upstreams', 'set', 'ollama http://theirs', '--slots', '4');
    expect(await learnt()).toEqual([{ failures: 3 }]);
    await sublet.text('upstreams', 'set', 'ollama http://theirs', '--address', 'http://there');
    expect(await learnt()).toEqual([]);
  });
});

describe('two operators at once', () => {
  it('come one after the other, and each sees what the other made', async () => {
    const { sublet } = await aFilledCatalog();
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((name) => sublet.json('models', 'add', name)));
    const { models } = await sublet.json('catalog', 'export');
    expect(models.map((each: { name: string }) => each.name)).toEqual([...names, 'theirs']);
    const { versions } = await sublet.json('catalog', 'versions');
    expect(versions.map((each: { models: number }) => each.models)).toEqual([1, 2, 3, 4, 5]);
  });

  it('are refused what the other has just done', async () => {
    const { sublet } = await aFilledCatalog();
    const both = await Promise.all([1, 2].map(() => sublet.run('models', 'add', 'same')));
    expect(both.map(({ code }) => code).toSorted()).toEqual([0, 1]);
  });

  it('are told when the other takes too long, and change nothing', async () => {
    const { sublet, url } = await aFilledCatalog();
    const before = await sublet.json('catalog', 'show');
    const other = postgres(url, { max: 1, onnotice: () => {} });
    await other.begin(async (tx) => {
      await tx`lock table upstreams in share row exclusive mode`;
      expect(await sublet.refusal('models', 'add', 'late')).toEqual({
        exit: 1,
        code: 'busy',
        message: 'Somebody else is changing the catalog. Nothing was changed: try again in a moment.',
      });
    });
    await other.end();
    expect(await sublet.json('catalog', 'show')).toEqual(before);
  });
});
