import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeModelPull, SECRET } from '../fakes/model-pull/fake-model-pull.ts';
import { FAILED, INTERRUPTED, READY } from '../fakes/model-pull/scripted-job.ts';
import { json, refuse } from '../fakes/model-pull/wire.ts';
import { Sublet } from '../helpers/sublet.ts';

let fake: FakeModelPull;
let sublet: Sublet;

beforeEach(async () => {
  fake = await new FakeModelPull().start();
  // It has no database, and needs none.
  sublet = new Sublet('', { MODEL_PULL_URL: fake.url, INTERNAL_SECRET: SECRET });
});
afterEach(() => fake.stop());

const pull = (...args: string[]) => sublet.run('models', 'pull', 'qwen3:8b', ...args);
const statesIn = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).pull.state.status as string);
const theJob = () => [...fake.jobs.values()][0]!;
const runs = () => fake.requests.filter(({ path }) => path.endsWith('/run'));

describe('a pull', () => {
  it('is run apart and watched to its end, in plain lines where no person looks', async () => {
    const { code, stdout, stderr } = await pull();
    expect(code).toBe(0);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'waiting for its turn',
      'pulling manifest',
      'pulling 20 % of 4.0 GB',
      'pulling 50 % of 4.0 GB',
      'verifying sha256 digest',
    ]);
    expect(stdout).toMatch(/^model +qwen3:8b$/m);
    expect(stdout).toMatch(/^status +ready$/m);
    const [run] = runs();
    const { id } = theJob();
    expect(run!.headers).toMatchObject({
      'x-fc-invocation-type': 'Async',
      'x-fc-async-task-id': expect.stringMatching(new RegExp(`^${id}-1-\\d+$`)),
    });
    expect(new Set(fake.requests.map(({ subject }) => subject))).toEqual(new Set(['operator']));
  });

  it('tells a program each state on a line, and how it ended on the last', async () => {
    const { code, stdout } = await pull('--json');
    expect(code).toBe(0);
    expect(statesIn(stdout)).toEqual(['queued', 'running', 'running', 'running', 'running', 'ready']);
  });

  it('brings what it was told to', async () => {
    await pull(
      '--source',
      'oss://models/a.gguf',
      '--system',
      'Be brief.',
      '--parameter',
      'num_ctx=8192',
      '--parameter',
      'stop=</s>',
    );
    expect(fake.seen('POST /pulls')[0]!.body).toEqual({
      model: 'qwen3:8b',
      source: 'oss://models/a.gguf',
      system: 'Be brief.',
      parameters: { num_ctx: 8192, stop: ['</s>'] },
    });
  });

  it('is watched over as many connections as that takes', async () => {
    fake.eventsPerConnection = 2;
    const { code, stdout } = await pull('--json');
    expect(code).toBe(0);
    expect(statesIn(stdout).at(-1)).toBe('ready');
    expect(
      fake.requests.filter(({ headers }) => headers.accept === 'text/event-stream').length,
    ).toBeGreaterThan(2);
  });

  it('runs over the open connection where Function Compute is not there', async () => {
    fake.isBehindFc = false;
    const { code, stdout } = await pull('--json');
    expect(code).toBe(0);
    expect(statesIn(stdout).at(-1)).toBe('ready');
    expect(runs()).toHaveLength(1);
  });

  it('is not asked for apart with --sync', async () => {
    expect((await pull('--sync')).code).toBe(0);
    expect(runs()[0]!.headers).not.toHaveProperty('x-fc-invocation-type');
  });

  it('is run again where its worker is gone', async () => {
    fake.scripts = [[INTERRUPTED]];
    const { code, stdout } = await pull('--json');
    expect(code).toBe(0);
    expect(statesIn(stdout)).toContain('interrupted');
    expect(runs().map(({ headers }) => String(headers['x-fc-async-task-id']).split('-')[1])).toEqual([
      '1',
      '2',
    ]);
  });

  it('that had been asked for already is only watched', async () => {
    fake.faults.set('POST /pulls/*/run', [
      (response) => {
        theJob().state = READY;
        json(
          response,
          { RequestId: '1', Code: 'StatefulAsyncInvocationAlreadyExists', Message: 'exists' },
          409,
        );
      },
    ]);
    expect((await pull()).code).toBe(0);
  });

  it('that fails ends with 1, and says why', async () => {
    fake.scripts = [[FAILED]];
    const { code, stderr, stdout } = await pull();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('The pull of qwen3:8b: failed: pull model manifest: file does not exist.\n');
  });

  it('is not waited for with --detach', async () => {
    const { code, stderr } = await pull('--detach');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `Watch it with: npm run sublet -- models watch ${theJob().id}\n`,
    });
    expect(runs()).toHaveLength(1);
  });

  it.each<[number, string, string]>([
    [400, 'invalid model name', 'invalid'],
    [403, 'The operator does not let this model in.', 'failed'],
    [409, '`qwen3:8b` is being removed.', 'busy'],
  ])('that is refused with %i is not begun', async (status, message, code) => {
    fake.faults.set('POST /pulls', [(response) => refuse(response, status, message)]);
    const refusal = await sublet.refusal('models', 'pull', 'qwen3:8b');
    expect(refusal.code).toBe(code);
    expect(refusal.message.toLowerCase()).toBe(message.toLowerCase());
    expect(runs()).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  it.each([
    [true, /It goes on\. Watch it with: npm run sublet -- models watch job_/],
    [false, /It went over this connection .*go on with: npm run sublet -- models pull qwen3:8b/],
  ])('ends the watching (apart: %s), and says what becomes of the pull', async (isBehindFc, words) => {
    fake.isBehindFc = isBehindFc;
    fake.scripts = [[{ status: 'running', phase: 'pulling', layers: [], completedBytes: 1, totalBytes: 10 }]];
    const { code, stderr } = await sublet.interrupted('pulling', 'models', 'pull', 'qwen3:8b');
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
    expect(fake.requests.some(({ path }) => path.endsWith('/stop'))).toBe(false);
  });
});
