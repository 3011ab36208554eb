import { BadRequestError, NotFoundError } from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { beforeAll, describe, expect, it } from 'vitest';
import { aKey } from '../helpers/gateway.ts';
import { aServedGateway, ask, BACKENDS, type ServedGateway, sdk } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

/** What the SDK throws at a caller. */
const errorOf = (call: object, key = gateway.key) =>
  thrownBy(
    sdk({ url: gateway.url, key }).chat.completions.create(call as ChatCompletionCreateParamsNonStreaming),
  );

const requestID = expect.stringMatching(/^req_[0-9a-f]{32}$/);

describe('NotFoundError', () => {
  const refusal = (name: string) => ({
    status: 404,
    code: 'model_not_found',
    type: 'invalid_request_error',
    param: 'model',
    message: `404 The model \`${name}\` does not exist or you do not have access to it.`,
    requestID,
  });

  it('is the same for a model that does not exist and one that the key may not use', async () => {
    const key = await aKey(gateway.database, gateway.pepper, { models: ['openai/tiny'] });
    const [unknown, forbidden] = [await errorOf(ask('no/such'), key), await errorOf(ask('ollama/tiny'), key)];
    expect(unknown).toBeInstanceOf(NotFoundError);
    expect(unknown).toMatchObject(refusal('no/such'));
    expect(forbidden).toBeInstanceOf(NotFoundError);
    expect(forbidden).toMatchObject(refusal('ollama/tiny'));
  });

  it('says where the API is to one whose base URL lacks the /v1', async () => {
    const lost = sdk(gateway, { baseURL: gateway.url });
    const error = await thrownBy(lost.models.list());
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ message: expect.stringContaining('/v1'), requestID });
  });

  it('says of an API that is not here no more than that: the base URL is right', async () => {
    const error = await thrownBy(sdk(gateway).files.list());
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ message: '404 There is no GET /v1/files here.', requestID });
  });
});

describe('BadRequestError', () => {
  const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });

  it.each([
    ['no messages', { messages: [] }, 'messages'],
    ['a role that does not exist', { messages: [{ role: 'narrator', content: 'x' }] }, 'messages[0].role'],
    ['a temperature of 3', { temperature: 3 }, 'temperature'],
    ['max_tokens of 0', { max_tokens: 0 }, 'max_tokens'],
    ['n of 0', { n: 0 }, 'n'],
    ['a tool without a name', { tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
  ])('names the field that is wrong: %s', async (_, fields, param) => {
    const error = await errorOf({ ...ask('ollama/tiny'), ...fields });
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', code: null, param, requestID });
  });

  it.each([
    ['tool_choice required', { tool_choice: 'required', tools: [aTool()] }, 'tool_choice'],
    ['several answers', { n: 2 }, 'n'],
    ['logit_bias', { logit_bias: { 50256: -100 } }, 'logit_bias'],
    ['logprobs', { logprobs: true }, 'logprobs'],
    ['tools of a model that has none', { tools: [aTool()] }, 'tools'],
    [
      'the address of an image',
      user([{ type: 'image_url', image_url: { url: 'http://169.254.169.254/' } }]),
      'messages[0].content[0].image_url',
    ],
  ])('says that Ollama cannot fulfil a wish: %s', async (_, fields, param) => {
    const error = await errorOf({ ...ask('ollama/tiny'), ...fields });
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ code: 'unsupported_parameter', param, requestID });
  });

  it.each(BACKENDS)('says that a prompt is too long for a model of the %s backend', async (backend) => {
    const told = JSON.stringify({
      error: {
        message: "This model's maximum context length is 4096 tokens.",
        code: 'context_length_exceeded',
      },
    });
    if (backend === 'openai') gateway.fake.faults.next({ kind: 'error-status', status: 400, body: told });
    const error = await errorOf(ask(`${backend}/tiny`, 'long '.repeat(10_000)));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'messages',
      requestID,
    });
  });
});

function aTool() {
  return { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };
}
