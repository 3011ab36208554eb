import { expect } from 'vitest';
import { ask } from './served-gateway.ts';

/** How a call ended, as it is seen on the wire. */
export interface Outcome {
  status: number;
  /** The code of the error, in the body or in the stream; null when all went well. */
  code: string | null;
  text: string;
}

interface Gateway {
  url: string;
  key: string;
}

export const post = ({ url, key }: Gateway, body: object, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** Calls without any client in between, and checks that whatever comes has the form that it must have. */
export async function outcomeOf(gateway: Gateway, model: string, stream: boolean): Promise<Outcome> {
  const response = await post(gateway, { ...ask(model), stream });
  const { status, headers } = response;
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  const body = await response.text();
  if (stream && status === 200) {
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    return { status, ...readStream(body) };
  }
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  const { choices, error } = JSON.parse(body) as Body;
  if (error) expectErrorObject(error);
  return { status, code: error?.code ?? null, text: choices?.[0]?.message?.content ?? '' };
}

/** Whole frames of JSON, at most one error and that as the last, and then always the end. */
function readStream(body: string): { code: string | null; text: string } {
  expect(body.endsWith('\n\n')).toBe(true);
  const events = eventsOf(body);
  expect(events.pop()).toBe('[DONE]');
  const chunks = events.map((event) => JSON.parse(event) as Chunk | null);
  const error = chunks.at(-1)?.error ? chunks.pop()!.error : undefined;
  if (error) expectErrorObject(error);
  expect(chunks.filter((chunk) => chunk?.error)).toEqual([]);
  const finishes = chunks.filter((chunk) => chunk?.choices?.[0]?.finish_reason);
  expect(finishes).toHaveLength(error ? 0 : 1);
  const text = chunks.map((chunk) => chunk?.choices?.[0]?.delta?.content ?? '').join('');
  return { code: error?.code ?? null, text };
}

/** The data of each event; comments count for nothing. */
export const eventsOf = (body: string): string[] =>
  body
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map((line) => {
      expect(line.startsWith('data: ')).toBe(true);
      return line.slice('data: '.length);
    });

function expectErrorObject(error: object): void {
  expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
}

type ErrorObject = { code: string };
type Body = { choices?: { message?: { content: string } }[]; error?: ErrorObject };
type Chunk = {
  choices?: ({ delta?: { content?: string } | null; finish_reason?: unknown } | null)[] | null;
  error?: ErrorObject;
};
