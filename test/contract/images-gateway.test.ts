import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import type { ChatCompletionUserMessageParam } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeCredentials } from '../../local/fc/fake-credentials.ts';
import { type FakeOss, startFakeOss } from '../fakes/oss/fake-oss.ts';
import { lastRequest } from '../helpers/ollama-callers.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';

const PLACE = { bucket: 'lobe-files', region: 'cn-hangzhou' };
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** As LobeChat names its files. */
const KEY = 'files/490523/0b4a1c7e-6d0f-4b8e-9d51-2f1f6f1f9f11.png';

let gateway: ServedGateway;
let oss: FakeOss;

beforeAll(async () => {
  oss = await startFakeOss({ ...PLACE, account: fakeCredentials });
  oss.put(KEY, Buffer.from(PIXEL, 'base64'), { contentType: 'image/png' });
  const buckets = [{ ...PLACE, prefixes: ['files/'], endpoint: oss.endpoint }];
  const router = { IMAGE_BUCKETS: JSON.stringify(buckets), IMAGE_TIMEOUT_MS: '2000' };
  gateway = await aServedGateway({ environment: { router } });
});
afterAll(() => oss.stop());

const showing = (url: string): ChatCompletionUserMessageParam => ({
  role: 'user',
  content: [
    { type: 'text', text: 'What is it?' },
    { type: 'image_url', image_url: { url, detail: 'auto' } },
  ],
});
const show = (model: string, url: string) =>
  gateway.client.chat.completions.create({ model, messages: [showing(url)] });
const link = () => `${oss.addressOf(KEY)}?OSSAccessKeyId=x&Expires=1&Signature=gone`;
const imagesSeen = () => {
  const [message] = lastRequest(gateway, '/api/chat').body.messages as { images?: string[] }[];
  return message?.images;
};

describe('an image by its address in the operator’s object storage', () => {
  it('is shown to a model of Ollama’s, through OpenAI’s client, though the link has expired', async () => {
    const { choices } = await show('ollama/seer', link());
    expect(choices[0]?.message.content).not.toBe('');
    expect(imagesSeen()).toEqual([PIXEL]);
  });

  it('is shown through Anthropic’s client too', async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
    const source = { type: 'url' as const, url: link() };
    await client.messages.create({
      model: 'ollama/seer',
      max_tokens: 50,
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    });
    expect(imagesSeen()).toEqual([PIXEL]);
  });

  it('stays an address where the request passes as it came', async () => {
    const before = oss.requests.length;
    await show('openai/seer', link()).catch(() => {}); // the fake, as Ollama, fetches none either
    expect(JSON.stringify(lastRequest(gateway, '/v1/chat/completions').body)).toContain(link());
    expect(oss.requests).toHaveLength(before);
  });

  it.each<[string, () => string, number]>([
    ['elsewhere', () => 'http://169.254.169.254/files/a.png', 400],
    ['that is not there', () => oss.addressOf('files/none.png'), 400],
  ])('is refused %s, before Ollama is asked', async (_, address, status) => {
    const before = gateway.fake.requests.filter(({ path }) => path === '/api/chat').length;
    await expect(show('ollama/seer', address())).rejects.toMatchObject({
      status,
      param: 'messages[0].content[1].image_url',
    });
    expect(gateway.fake.requests.filter(({ path }) => path === '/api/chat')).toHaveLength(before);
  });

  it('that a slow store does not give is told as what may be tried again', async () => {
    oss.fail(KEY, { kind: 'silence' });
    await expect(show('ollama/seer', link())).rejects.toMatchObject({ status: 503 });
    expect((await show('ollama/seer', link())).choices).toHaveLength(1); // and costs the upstream nothing
  });

  it('stands in no log, and neither does what it was read with', () => {
    expect(gateway.log.join('\n')).not.toMatch(/files\/490523|LocalFcFake/);
  });
});

it('the router does not carry the store’s client until it needs it', () => {
  const bundled = (name: string) =>
    readFileSync(new URL(`../../dist/router/${name}`, import.meta.url), 'utf8');
  const [, store] = /import\("\.\/(object-store-\w+\.mjs)"\)/.exec(bundled('server.mjs')) ?? [];
  expect(bundled(store ?? 'nothing that is loaded later')).toContain('aliyun-sdk');
  expect(bundled('server.mjs')).not.toContain('aliyun-sdk');
});
