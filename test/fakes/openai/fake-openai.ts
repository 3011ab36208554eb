import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type * as z from 'zod';
import { type Dialect, type Reply, USAGE } from './dialects.ts';
import { ChatCompletionRequest, CompletionRequest, EmbeddingsRequest } from './request-schema.ts';

interface ServiceRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

/** What the next call meets instead of its answer. */
export type ServiceFault =
  | { kind: 'status'; status: number; body: string; headers?: Record<string, string> }
  /** The stream in these words, and then a clean end or a broken one. */
  | { kind: 'words'; words: string; isBroken?: boolean; type?: string };

export type FakeOpenai = Awaited<ReturnType<typeof startFakeOpenai>>;

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  '/v1/chat/completions': ChatCompletionRequest,
  '/v1/completions': CompletionRequest,
  '/v1/embeddings': EmbeddingsRequest,
};

const HELLO: Reply = { text: ['Hel', 'lo, 世界! ', '🌍'], finish: 'stop' };

/** An OpenAI-compatible service on loopback that takes only what its schema allows, and answers in a dialect. */
export async function startFakeOpenai() {
  const requests: ServiceRequest[] = [];
  const next: { dialect: Dialect | undefined; reply: Reply; fault: ServiceFault | undefined } = {
    dialect: undefined,
    reply: HELLO,
    fault: undefined,
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const path = request.url ?? '';
    requests.push({ path, headers: request.headers, body });
    const { fault } = next;
    next.fault = undefined;
    const wrong = SCHEMAS[path]?.safeParse(body).error?.issues[0];
    if (!SCHEMAS[path]) tell(response, 404, { message: 'no such path' });
    else if (wrong) tell(response, 400, { message: wrong.message, param: wrong.path.join('.') });
    else if (fault) misbehave(fault, response);
    else if (path === '/v1/embeddings') embed(body, response);
    else if (path === '/v1/completions') say(response, plain(next.reply));
    else say(response, next.dialect!.stream(next.reply));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** How the next calls are answered. */
    answers(dialect: Dialect, reply: Reply = HELLO) {
      Object.assign(next, { dialect, reply });
    },
    /** The next call alone goes wrong. */
    fail(fault: ServiceFault) {
      next.fault = fault;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const say = (response: ServerResponse, words: string) =>
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(words);

const tell = (response: ServerResponse, status: number, error: object) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { type: 'invalid_request_error', code: null, param: null, ...error } }));

function plain({ text = [], finish }: Reply): string {
  const chunk = (choices: object[], rest: object = {}) =>
    `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', created: 1, model: 'theirs', choices, ...rest })}\n\n`;
  const choice = (words: string, reason: string | null) => ({
    index: 0,
    text: words,
    logprobs: null,
    finish_reason: reason,
  });
  const said = text.map((words) => chunk([choice(words, null)]));
  return `${said.join('')}${chunk([choice('', finish)])}${chunk([], { usage: USAGE })}data: [DONE]\n\n`;
}

/** Each text as its length and its place. */
function embed({ input, encoding_format: format }: Record<string, unknown>, response: ServerResponse): void {
  const data = [input as string | string[]].flat().map((text, index) => {
    const vector = [text.length, index, 0.5];
    const base64 = Buffer.from(Float32Array.from(vector).buffer).toString('base64');
    return { object: 'embedding', index, embedding: format === 'base64' ? base64 : vector };
  });
  const body = { object: 'list', data, model: 'theirs', usage: { prompt_tokens: 5, total_tokens: 5 } };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function misbehave(fault: ServiceFault, response: ServerResponse): void {
  if (fault.kind === 'status') {
    response
      .writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
      .end(fault.body);
    return;
  }
  response.writeHead(200, { 'content-type': fault.type ?? 'text/event-stream' });
  if (fault.isBroken) response.write(fault.words, () => response.destroy());
  else response.end(fault.words);
}
