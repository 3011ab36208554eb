import Anthropic from '@anthropic-ai/sdk';
import { expect } from 'vitest';
import type { FakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { ErrorBody, Message, type StreamEvent } from '../schemas/anthropic.ts';
import { expectGrammatical, messageEvents } from './message-stream.ts';

interface Access {
  url: string;
  key: string;
}

/** Anthropic's SDK with a key; it does not retry. */
export const anthropic = ({ url, key }: Access, options: ConstructorParameters<typeof Anthropic>[0] = {}) =>
  new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, ...options });

/** A message of a model, for one of ours. */
export const askMessage = (model: string, content = 'Hello!') => ({
  model,
  max_tokens: 100,
  messages: [{ role: 'user' as const, content }],
});

/** Calls without any client in between. */
export const postMessage = ({ url, key }: Access, body: object, path = '/v1/messages') =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  });

/** A whole answer, as the schema wants it. */
export async function wholeMessage(access: Access, body: object) {
  const response = await postMessage(access, body);
  expect(response.status).toBe(200);
  return Message.parse(await response.json());
}

/** The events of a stream that went well to its head, all of them in order. */
export async function streamedEvents(access: Access, body: object): Promise<StreamEvent[]> {
  const response = await postMessage(access, { ...body, stream: true });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const events = messageEvents(await response.text());
  expectGrammatical(events);
  return events;
}

/** How a call was refused: its status and the words of its body, which has the form that it must have. */
export async function refusalOf(response: Response) {
  const body = ErrorBody.parse(await response.json());
  const { headers, status } = response;
  expect(headers.get('request-id')).toBe(body.request_id);
  expect(headers.get('x-request-id')).toBe(body.request_id);
  return { status, ...body.error };
}

/** What a stream's text deltas amount to. */
export const textIn = (events: readonly StreamEvent[]): string =>
  events
    .map((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
    )
    .join('');

/** The calls that models have had; the gateway also looks after its upstreams in between. */
export const callsOf = ({ fake }: { fake: FakeOllama }) =>
  fake.requests.filter(({ path }) => path === '/api/chat');
