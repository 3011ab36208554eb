import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { modelsOfList } from '#shared/lobechat/model-list.ts';
import { checkEnvironment } from '../../deploy/environment/check-environment.ts';
import { exampleEnvironment } from '../deploy/example-environment.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { letInBy, tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const database = connectedTo(url);
const a = tenancyOf(database);
const sublet = new Sublet(url);

const AT = ['lobechat', 'env', '--url', 'https://llm.example.com'];
const variables = async (...more: string[]) =>
  (await sublet.json(...AT, ...more)).environment as Record<string, string>;
const offered = async (...more: string[]) =>
  modelsOfList((await variables(...more)).OPENAI_MODEL_LIST!)!.map(({ id }) => id);

it('has nothing to say of a catalog that offers nothing', async () => {
  const empty = new Sublet(await aDatabaseUrl());
  expect(await empty.refusal(...AT)).toEqual({
    exit: 1,
    code: 'not_found',
    message:
      'There is no model to offer: none for chat is active, has a route to an active upstream and may be used.',
  });
});

describe('the environment of a LobeChat', async () => {
  await sublet.text('upstreams', 'add', 'gpu', '--backend', 'ollama', '--address', 'http://gpu:11434');
  const add = async (name: string, ...more: string[]) => {
    await sublet.text('models', 'add', name, ...more);
    await sublet.text('routes', 'add', name, 'gpu');
  };
  await add(
    'qwen3:8b',
    '--display-name',
    "Qwen's 3",
    '--context',
    '32768',
    '--capabilities',
    'tools,thinking',
  );
  await add('7');
  await add('off', '--disable');
  await add('vectors', '--kind', 'embedding');
  await sublet.text('models', 'add', 'homeless');

  it('offers what people can chat with, and is read by dotenv as it was meant', async () => {
    const expected = {
      OPENAI_PROXY_URL: 'https://llm.example.com/v1',
      OPENAI_API_KEY: '',
      OPENAI_MODEL_LIST: "-all,+7,+qwen3:8b=Qwen's 3<32768:fc:reasoning>",
      DEFAULT_AGENT_CONFIG: 'model=qwen3:8b;provider=openai',
      SYSTEM_AGENT: 'default=openai/qwen3:8b',
      ENABLED_OLLAMA: '0',
      LLM_VISION_IMAGE_USE_BASE64: '1',
    };
    expect(await variables()).toEqual(expected);
    const { stdout, stderr } = await sublet.run(...AT);
    expect(parseEnv(stdout)).toEqual(expected);
    expect(stderr).toBe('There is no key yet: give LobeChat one of its own (--consumer, or --key-env).\n');
  });

  it('has a new key for a consumer, and what that may use', async () => {
    const { id } = await a.consumer('people', { models: ['7', 'qwen3:8b', 'off'] });
    await a.consumer('guests', { parentId: id, models: ['qwen3:8b'] });
    const { OPENAI_API_KEY: key, OPENAI_MODEL_LIST: list } = await variables('--consumer', 'guests');
    expect(await letInBy(database, key!)).toBeTypeOf('number');
    expect(modelsOfList(list!)!.map((model) => model.id)).toEqual(['qwen3:8b']);
    expect((await sublet.json('keys', 'list', '--consumer', 'guests')).keys).toMatchObject([
      { name: 'lobechat' },
    ]);
  });

  it('makes no key where anything else is wrong', async () => {
    await a.consumer('unlucky');
    await sublet.refusal(...AT, '--consumer', 'unlucky', '--models', 'off');
    expect((await sublet.json('keys', 'list', '--consumer', 'unlucky')).keys).toEqual([]);
  });

  it('has the key of the environment, and what that may use', async () => {
    const consumer = await a.consumer('team');
    const { token, id } = await a.key(consumer.id, { models: ['7', 'qwen3:8b'] });
    const own = new Sublet(url, { LOBECHAT_ROUTER_KEY: token });
    const { environment } = await own.json(...AT, '--key-env', 'LOBECHAT_ROUTER_KEY', '--models', 'qwen3:8b');
    expect(environment.OPENAI_API_KEY).toBe(token);
    await sublet.text('keys', 'revoke', String(id));
    const { message } = await own.refusal(...AT, '--key-env', 'LOBECHAT_ROUTER_KEY');
    expect(message).toBe(`The key ${token.slice(0, 15)} may not call now.`);
  });

  it('is for the deploy by the names that it has there, and is right', async () => {
    const { token } = await a.key((await a.consumer('front')).id);
    const own = new Sublet(url, { LOBECHAT_ROUTER_KEY: token });
    const { environment } = await own.json(...AT, '--key-env', 'LOBECHAT_ROUTER_KEY', '--deploy');
    expect(environment).toEqual({
      LOBECHAT_ROUTER_URL: 'https://llm.example.com/v1',
      LOBECHAT_ROUTER_KEY: token,
      LOBECHAT_MODEL_LIST: "-all,+7,+qwen3:8b=Qwen's 3<32768:fc:reasoning>",
      LOBECHAT_DEFAULT_MODEL: 'qwen3:8b',
    });
    expect(checkEnvironment('small', { ...exampleEnvironment('small'), ...environment }).problems).toEqual(
      [],
    );
  });

  it('warns of names that LobeChat takes for others', async () => {
    await add('gpt-5-like');
    const { stderr } = await sublet.run(...AT);
    expect(stderr).toContain("LobeChat takes 'gpt-5-like' for a model of OpenAI's by its name");
  });

  it('is refused where LobeChat could not be told a name, and not where that is left out', async () => {
    await add('a,b');
    await add('c', '--display-name', 'C = 3');
    const { message } = await sublet.refusal(...AT);
    expect(message).toContain("LobeChat cannot be told of 'a,b', 'c': no name");
    expect(await offered('--models', '7,qwen3:8b')).toEqual(['7', 'qwen3:8b']);
  });
});
