import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeModelPull, SECRET } from '../fakes/model-pull/fake-model-pull.ts';
import { aJob, PULL, STOPPED } from '../fakes/model-pull/scripted-job.ts';
import { json } from '../fakes/model-pull/wire.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { aModel } from '../helpers/gateway.ts';
import { Sublet } from '../helpers/sublet.ts';

const url = await aDatabaseUrl();
const fake = await new FakeModelPull().start();
afterAll(() => fake.stop());
const place = { MODEL_PULL_URL: fake.url, INTERNAL_SECRET: SECRET };
const sublet = new Sublet(url, place);
const withoutDatabase = new Sublet('', place);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sublet-models-'));
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(() => {
  fake.requests.length = 0;
  fake.jobs.clear();
});

const lastBody = (call: string) => fake.seen(call).at(-1)?.body;

describe('what the store has', () => {
  it('is listed with sizes, apart from the catalog', async () => {
    const details = { quantization_level: 'Q4_K_M', parameter_size: '8.2B' };
    const digest = 'ab'.repeat(32);
    fake.tags = [
      { name: 'qwen3:8b', modified_at: '2026-08-01T10:20:30Z', size: 5_225_388_164, digest, details },
    ];
    const lines = (await withoutDatabase.text('models', 'list', '--stored')).trimEnd().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['MODEL', 'SIZE', 'DIGEST', 'QUANTISATION', 'MODIFIED'],
      ['qwen3:8b', '5.2 GB', 'abababababab', 'Q4_K_M', '2026-08-01 10:20'],
    ]);
    expect(await sublet.json('models', 'list', '--stored')).toEqual({ models: fake.tags });
    expect(await sublet.json('models', 'list')).toEqual({ models: [] });
  });

  it('is shown with its texts, from which nothing moves the cursor', async () => {
    fake.shown = {
      template: '{{ .Prompt }}\u001b[2J\n',
      parameters: 'num_ctx 8192',
      capabilities: ['completion'],
    };
    const shown = await withoutDatabase.text('models', 'show', 'qwen3:8b', '--stored');
    expect(shown).toMatch(/^capabilities +completion$/m);
    expect(shown).toContain('PARAMETERS\nnum_ctx 8192\n');
    expect(shown).toContain('TEMPLATE\n{{ .Prompt }}�[2J\n');
    expect(lastBody('POST /api/show')).toEqual({ model: 'qwen3:8b' });
  });

  it('that is not there is told in the words of the store', async () => {
    fake.faults.set('POST /api/show', [(response) => json(response, { error: "model 'x' not found" }, 404)]);
    const refusal = await withoutDatabase.refusal('models', 'show', 'x', '--stored');
    expect(refusal).toEqual({ exit: 1, code: 'not_found', message: "Model 'x' not found" });
  });
});

describe('a model', () => {
  it('to which calls are sent is not removed, unless by force', async () => {
    const database = connectedTo(url);
    const name = 'chat';
    const upstreamModel = 'library/Qwen3';
    await aModel(database, { name, backend: 'ollama', address: 'http://gpu:11434', upstreamModel });
    const refusal = await sublet.refusal('models', 'rm', 'qwen3:latest');
    expect(refusal).toMatchObject({
      exit: 1,
      code: 'wrong_state',
      message: expect.stringContaining('chat → ollama'),
    });
    expect(fake.requests).toEqual([]);
    expect(await withoutDatabase.text('models', 'rm', 'qwen3:latest', '--force')).toBe(
      'Removed qwen3:latest.\n',
    );
    expect(lastBody('DELETE /api/delete')).toEqual({ model: 'qwen3:latest' });
  });

  it('to which no call is sent any more is removed', async () => {
    await sublet.text('upstreams', 'set', 'ollama http://gpu:11434', '--disable');
    expect(await sublet.json('models', 'rm', 'qwen3')).toEqual({ removed: 'qwen3' });
  });

  it('is made of another', async () => {
    const [template, license] = [join(folder, 'template'), join(folder, 'license')];
    await Promise.all([writeFile(template, '<think>{{ .Prompt }}'), writeFile(license, 'MIT')]);
    const { code, stderr } = await withoutDatabase.run(
      ...['models', 'create', 'wise', '--from', 'qwen3:8b', '--template', template, '--license', license],
      ...[
        '--parameter',
        'num_ctx=8192',
        '--parameter',
        'stop=1',
        '--parameter',
        'stop=b',
        '--think',
        'always',
      ],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'writing manifest\nsuccess\n' });
    expect(lastBody('POST /api/create')).toEqual({
      ...{ model: 'wise', from: 'qwen3:8b', template: '<think>{{ .Prompt }}', license: ['MIT'] },
      ...{ parameters: { num_ctx: 8192, stop: ['1', 'b'] }, think: 'always', stream: true },
    });
  });

  it.each<[string, object[], string]>([
    ['fails', [{ status: 'using layer' }, { error: "model 'x' not found" }], "Model 'x' not found"],
    ['breaks off', [{ status: 'using layer' }], 'The model store broke off before it was done.'],
  ])('whose making %s is told as not made', async (_, lines, message) => {
    fake.createLines = lines;
    const { code, stderr } = await withoutDatabase.run('models', 'create', 'wise', '--from', 'x');
    expect({ code, stderr }).toEqual({ code: 1, stderr: `using layer\n${message}\n` });
  });

  it.each([
    [['--parameter', 'num_ctx'], "'num_ctx' is no parameter: write name=value, as num_ctx=8192."],
    [['--think', 'never'], 'Allowed choices are always.'],
  ])('with %j is not understood', async (options, message) => {
    const refusal = await withoutDatabase.refusal('models', 'create', 'wise', '--from', 'x', ...options);
    expect(refusal).toMatchObject({ exit: 2, message: expect.stringContaining(message) });
  });
});

describe('garbage', () => {
  it('is shown, and goes', async () => {
    fake.collected = {
      removed: [{ path: 'blobs/sha256-ab', bytes: 1_500_000, reason: 'nobody names it' }],
      kept: [],
      bytes: 1_500_000,
    };
    const shown = await withoutDatabase.text('models', 'gc', '--dry-run', '--grace', '7d');
    expect(shown).toContain('blobs/sha256-ab  1.5 MB  nobody names it\n');
    expect(shown).toContain('1.5 MB would be freed.\n');
    expect(lastBody('POST /gc')).toEqual({ dry_run: true, grace_ms: 604_800_000 });
    expect(await withoutDatabase.json('models', 'gc')).toEqual(fake.collected);
    expect(lastBody('POST /gc')).toEqual({ dry_run: false });
  });
});

describe('jobs', () => {
  it('are listed, stopped, begun again and watched', async () => {
    const job = { ...aJob('pull', 'qwen3:8b', {}), attempt: 1, state: PULL[2]! };
    fake.jobs.set(job.id, job);
    expect(await withoutDatabase.text('models', 'pulls', '--kind', 'pull')).toMatch(
      /^job_\S+ +pull +qwen3:8b +running +2\.0 GB +4\.0 GB +2026-08-01 00:00 +operator$/m,
    );
    expect(fake.seen('GET /pulls')[0]!.query).toEqual({ limit: '50', kind: 'pull' });
    expect((await withoutDatabase.json('models', 'stop', job.id)).pull.state).toEqual(STOPPED);
    const watched = await withoutDatabase.run('models', 'watch', job.id);
    expect(watched).toEqual({ code: 1, stdout: '', stderr: 'The pull of qwen3:8b: stopped.\n' });
    expect(await withoutDatabase.text('models', 'retry', job.id)).toMatch(/^status +ready$/m);
  });

  it('that are not there are told', async () => {
    const id = aJob('pull', 'x', {}).id;
    const refusal = await withoutDatabase.refusal('models', 'watch', id);
    expect(refusal).toEqual({ exit: 1, code: 'not_found', message: 'There is no such job.' });
  });

  it('mirror a model', async () => {
    expect(await withoutDatabase.text('models', 'mirror', 'qwen3:8b')).toMatch(/^kind +mirror$/m);
    expect(lastBody('POST /mirror')).toEqual({ model: 'qwen3:8b' });
  });
});

describe('the store', () => {
  it.each<[string, Record<string, string>, string, RegExp]>([
    ['is not named', {}, 'no_store', /^There is no model-pull: .*MODEL_PULL_URL.*npm start/],
    ['is no address', { ...place, MODEL_PULL_URL: 'gpu:9000' }, 'no_store', /^MODEL_PULL_URL is no/],
    ['has no secret', { MODEL_PULL_URL: fake.url }, 'no_store', /^INTERNAL_SECRET must be/],
    [
      'has another secret',
      { ...place, INTERNAL_SECRET: 'x'.repeat(32) },
      'failed',
      /INTERNAL_SECRET must be the same/,
    ],
    [
      'is away',
      { ...place, MODEL_PULL_URL: 'http://127.0.0.1:1' },
      'failed',
      /cannot be reached: connect ECONNREFUSED/,
    ],
  ])('that %s is told in one line', async (_, environment, code, message) => {
    const none = { MODEL_PULL_URL: '', INTERNAL_SECRET: '' };
    const lost = new Sublet('', { ...none, ...environment });
    const refusal = await lost.refusal('models', 'list', '--stored', '--data', '/nowhere');
    expect(refusal).toMatchObject({ exit: 1, code });
    expect(refusal.message).toMatch(message);
  });
});
