import {
  type APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import { beforeAll, describe, expect, it } from 'vitest';
import { newKeyToken } from '#shared/keys/key-token.ts';
import { anthropic, askMessage, callsOf, postMessage, refusalOf } from '../helpers/anthropic.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { aTenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

const tiny = askMessage('ollama/tiny');

/** What the SDK throws at a caller. */
const errorOf = async (call: object, access: { url: string; key: string } = gateway) =>
  (await thrownBy(anthropic(access).messages.create(call as MessageCreateParamsNonStreaming))) as APIError;

const requestID = expect.stringMatching(/^req_[0-9a-f]{32}$/);

describe("a refusal, as Anthropic's SDK throws it", () => {
  it('is an AuthenticationError for a key that is wrong', async () => {
    const error = await errorOf(tiny, { url: gateway.url, key: newKeyToken().token });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, type: 'authentication_error', requestID });
    expect(error.apiMessage).toBe('The API key is missing, wrong, expired or disabled.');
  });

  it('is a NotFoundError for a model that does not exist', async () => {
    const error = await errorOf(askMessage('no/such'));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, type: 'not_found_error', requestID });
    expect(error.apiMessage).toContain('`no/such` does not exist');
  });

  it.each([
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens'],
    ['no messages', { messages: [] }, 'messages'],
    ['a role that does not exist', { messages: [{ role: 'narrator', content: 'x' }] }, 'messages[0].role'],
    ['a server tool', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0].type'],
    ['an MCP server', { mcp_servers: [{ type: 'url', url: 'https://x', name: 'x' }] }, 'mcp_servers'],
    ['tools of a model that has none', { tools: [{ name: 'f', input_schema: { type: 'object' } }] }, 'tools'],
    ['thinking of a model that does not', { thinking: { type: 'enabled', budget_tokens: 1024 } }, 'thinking'],
    [
      'a document',
      { messages: [{ role: 'user', content: [{ type: 'document', source: {} }] }] },
      'messages[0].content[0]',
    ],
    [
      'an image by its address',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image', source: { type: 'url', url: 'http://169.254.169.254/' } }],
          },
        ],
      },
      'messages[0].content[0].source',
    ],
    [
      'a prompt that is too long',
      { messages: [{ role: 'user', content: 'long '.repeat(10_000) }] },
      'messages',
    ],
  ])('is a BadRequestError that names the field: %s', async (_, fields, param) => {
    const error = await errorOf({ ...tiny, ...fields });
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', requestID });
    expect(error.apiMessage).toContain(param);
  });

  it('is a RateLimitError that says when to come back, where a limit has no room for now', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/minute=1'] });
    await anthropic(tenant).messages.create(tiny);
    const error = await errorOf(tiny, tenant);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, type: 'rate_limit_error', requestID });
    expect(Number(error.headers!.get('retry-after'))).toBeGreaterThan(0);
  });

  it('is a RateLimitError that the SDK does not try again, where a quota is used up', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/day=1'] });
    await anthropic(tenant).messages.create(tiny);
    const before = callsOf(gateway).length;
    const retrying = anthropic(tenant, { maxRetries: 2 });
    const error = (await thrownBy(retrying.messages.create(tiny))) as APIError;
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.headers!.get('x-should-retry')).toBe('false');
    expect(callsOf(gateway)).toHaveLength(before);
  });
});

describe('every failure below /v1/messages', () => {
  it.each<[string, number, string, () => Promise<Response>]>([
    ['no key', 401, 'authentication_error', () => fetch(`${gateway.url}/v1/messages`, { method: 'POST' })],
    ['a GET', 404, 'not_found_error', () => get('/v1/messages')],
    ['batches', 404, 'not_found_error', () => postMessage(gateway, {}, '/v1/messages/batches')],
    [
      'counting tokens',
      404,
      'not_found_error',
      () => postMessage(gateway, tiny, '/v1/messages/count_tokens'),
    ],
    ['no JSON', 400, 'invalid_request_error', () => send('{"model":')],
    ['no body', 400, 'invalid_request_error', () => send('')],
    ['a body that is no object', 400, 'invalid_request_error', () => send('[]')],
  ])("is told in Anthropic's words: %s", async (_, status, type, call) => {
    expect(await refusalOf(await call())).toMatchObject({ status, type });
  });

  it.each([
    ['/v1/messages/batches', 'here.'],
    ['/v1/messages/count_tokens', 'here: tokens cannot be counted beforehand.'],
    [
      '/v1/v1/messages',
      'here. The base URL of this gateway is its bare address for this client, which adds the rest.',
    ],
    ['/messages', 'here. The base URL of this gateway ends in /v1.'],
  ])('at %s, where nothing is, says: %s', async (path, words) => {
    const refusal = await refusalOf(await postMessage(gateway, tiny, path));
    expect(refusal).toMatchObject({ status: 404, type: 'not_found_error' });
    expect(refusal.message).toBe(`There is no POST ${path} ${words}`);
  });
});

const headers = () => ({ 'x-api-key': gateway.key, 'content-type': 'application/json' });
const get = (path: string) => fetch(`${gateway.url}${path}`, { headers: headers() });
const send = (body: string) =>
  fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers: headers(), body });
