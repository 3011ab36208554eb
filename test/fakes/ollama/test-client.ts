import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { FakeOllama } from './fake-ollama.ts';
import type { JsonObject } from './go-json.ts';

export const post = (
  fake: FakeOllama,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<Response> =>
  fetch(fake.url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });

export const json = async (response: Promise<Response>) => (await (await response).json()) as JsonObject;

export const linesOf = async (response: Promise<Response>) =>
  (await (await response).text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject);

/** The events of an SSE answer, `[DONE]` as text. */
export const eventsOf = async (response: Promise<Response>) =>
  (await (await response).text())
    .trimEnd()
    .split('\n\n')
    .map((event) => event.slice('data: '.length))
    .map((event) => (event === '[DONE]' ? event : (JSON.parse(event) as JsonObject)));

export const ask = (content: string, rest: JsonObject = {}) => ({
  model: 'tiny',
  messages: [{ role: 'user', content }],
  ...rest,
});

/** For what fetch does not show or let one do: single chunks, foreign hosts, bare heads. */
export function open(fake: FakeOllama, path: string, body: unknown, headers: Record<string, string> = {}) {
  const request = httpRequest(fake.url + path, { method: 'POST', headers });
  request.end(JSON.stringify(body));
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  return { request, response };
}

export async function chunksOf(response: Promise<IncomingMessage>): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of await response) chunks.push(chunk as Buffer);
  return chunks;
}
