import { describe, expect, it } from 'vitest';
import { aDatabaseUrl } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';

const sublet = new Sublet(await aDatabaseUrl());
const AT = ['lobechat', 'env', '--url', 'https://llm.example.com'];

await sublet.text('upstreams', 'add', 'gpu', '--backend', 'ollama', '--address', 'http://gpu:11434');
for (const model of [['qwen3:8b'], ['7'], ['off', '--disable'], ['vectors', '--kind', 'embedding']]) {
  await sublet.text('models', 'add', ...model);
  await sublet.text('routes', 'add', model[0]!, 'gpu');
}
await sublet.text('models', 'add', 'homeless', '--aliases', 'nobody');

describe('the environment of a LobeChat', () => {
  it.each<[string[], number, string]>([
    [['--models', 'gpt-4'], 1, "The catalog has no model 'gpt-4'."],
    [['--models', 'nobody'], 1, "The catalog has no model 'nobody'; that is an alias of 'homeless'."],
    [['--models', 'off'], 1, "The model 'off' is disabled."],
    [['--models', 'vectors'], 1, "The model 'vectors' is not for chat."],
    [['--models', 'homeless'], 1, "The model 'homeless' has no route to an active upstream."],
    [
      ['--models', '7', '--default', 'qwen3:8b'],
      1,
      '--default must be one of the models that are offered: 7.',
    ],
    [['--default', '7'], 1, "LobeChat would read '7' as no name: --default another."],
    [['--key-env', 'NO_SUCH_KEY'], 1, 'The environment has no NO_SUCH_KEY.'],
    [['--key-env', 'KEY_PEPPER'], 1, 'KEY_PEPPER is no key of the gateway.'],
    [['--consumer', 'nobody'], 1, "There is no consumer 'nobody'."],
    [
      ['--consumer', 'a', '--key-env', 'B'],
      2,
      '--key-env names a key that there is, --consumer makes another: give one of them.',
    ],
  ])('is refused: %j', async (more, exit, message) => {
    expect(await sublet.refusal(...AT, ...more)).toMatchObject({ exit, message });
  });

  it.each([
    ['llm.example.com', 'must be an https:// address'],
    ['http://llm.example.com', 'must be https:// where others could listen: the key is sent along'],
    ['https://llm.example.com/api', 'must have no path, or /v1'],
    ['https://me:secret@llm.example.com', 'must be scheme, host and port alone, or with /v1 after them'],
  ])('is refused at %s', async (address, problem) => {
    const { exit, message } = await sublet.refusal('lobechat', 'env', '--url', address);
    expect({ exit, message }).toEqual({ exit: 2, message: expect.stringContaining(problem) });
  });

  it.each(['http://localhost:9000', 'http://router:9000/v1', 'http://10.0.0.3/v1/', 'http://[::1]:9000/'])(
    'may be for %s, which is near',
    async (near) => {
      const { environment } = await sublet.json('lobechat', 'env', '--url', near);
      expect(environment.OPENAI_PROXY_URL).toBe(`${new URL(near).origin}/v1`);
    },
  );
});
