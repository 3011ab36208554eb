import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  aServedGateway,
  ask,
  BACKENDS,
  type ServedGateway,
  upstreamPath,
} from '../helpers/served-gateway.ts';
import { ChatBody, ChatChunk, ErrorBody } from '../schemas/openai-chat.ts';

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await aServedGateway();
});
afterEach(() => gateway.fake.faults.clear());

const send = (body: object) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function eventsOf(body: object): Promise<unknown[]> {
  const text = await (await send({ ...body, stream: true })).text();
  const events = text.split('\n\n').filter((event) => event !== '');
  expect(events.at(-1)).toBe('data: [DONE]');
  return events.slice(0, -1).map((event) => JSON.parse(event.replace(/^data: /, '')));
}

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'weather', parameters: schema } }];
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const image = { type: 'image_url', image_url: { url: PIXEL } };

const asked = [
  ['text', ask('ollama/tiny')],
  ['thinking', ask('ollama/thinker')],
  ['a tool call', { ...ask('ollama/thinker'), tools }],
  ['a cut answer', { ...ask('ollama/tiny'), max_tokens: 2 }],
  ['images', { model: 'ollama/seer', messages: [{ role: 'user', content: [image, image] }] }],
] as const;

describe('a chat answer that the gateway writes itself has the form of the public specification', () => {
  it.each(asked)('whole: %s', async (_, body) => {
    ChatBody.parse(await (await send(body)).json());
  });

  it.each(asked)('in each chunk of a stream: %s', async (_, body) => {
    for (const event of await eventsOf(body)) ChatChunk.parse(event);
    const withUsage = await eventsOf({ ...body, stream_options: { include_usage: true } });
    for (const event of withUsage) ChatChunk.parse(event);
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } });
  });

  it.each([
    ['no such model', ask('no/such')],
    ['no messages', { model: 'ollama/tiny', messages: [] }],
    ['a wish that cannot be fulfilled', { ...ask('ollama/tiny'), logprobs: true }],
  ])('as an error: %s', async (_, body) => {
    ErrorBody.parse(await (await send(body)).json());
  });

  it('as an error in mid-stream', async () => {
    gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
    const events = await eventsOf(ask('ollama/tiny'));
    ErrorBody.parse(events.at(-1));
    for (const event of events.slice(0, -1)) ChatChunk.parse(event);
  });
});

describe.each(BACKENDS)('by a model of the %s backend', (backend) => {
  it('a schema reaches the upstream as it is, and the answer comes back', async () => {
    const json_schema = { name: 'place', schema, strict: true };
    const response_format = { type: 'json_schema', json_schema };
    const response = await send({ ...ask(`${backend}/tiny`), response_format });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: expect.any(String) } }] });
    const requests = gateway.fake.requests.filter(({ path }) => path === upstreamPath(backend));
    const { body } = requests.at(-1)!;
    expect(backend === 'ollama' ? body.format : body.response_format).toEqual(
      backend === 'ollama' ? schema : response_format,
    );
  });

  it('images reach the upstream', async () => {
    const response = await send({
      model: `${backend}/seer`,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'How many?' }, image, image] }],
    });
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(choices[0]!.message.content).toContain('I see 2');
  });
});
