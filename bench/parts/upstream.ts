import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { FAST, SLOW, type Sums, WHOLE } from './script.ts';

/**
 * An upstream that costs as little as possible, so that what stands before it is what is measured: `/v1` answers like an
 * OpenAI-compatible service, `/api` like Ollama, and `/sent` tells what it has told to have used.
 */
const sent: Sums = { calls: 0, prompt: 0, output: 0 };
const TEXT = ' streaming words';

const form = (head: string, chunk: string, end: (usage: Usage) => string) => ({
  head: { 'content-type': head },
  chunk,
  end,
});
type Form = ReturnType<typeof form>;
type Usage = Pick<Sums, 'prompt' | 'output'>;

const SSE = form(
  'text/event-stream',
  sse({ choices: [{ index: 0, delta: { content: TEXT }, finish_reason: null }] }),
  (usage) =>
    `${sse({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}${sse({ choices: [], usage: usageOf(usage) })}data: [DONE]\n\n`,
);
const NDJSON = form(
  'application/x-ndjson',
  ndjson({ message: { role: 'assistant', content: TEXT }, done: false }),
  ({ prompt, output }) =>
    ndjson({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: prompt,
      eval_count: output,
    }),
);
const WHOLE_ANSWER = JSON.stringify({
  ...identity('chat.completion'),
  choices: [
    { index: 0, message: { role: 'assistant', content: TEXT, refusal: null }, finish_reason: 'stop' },
  ],
  usage: usageOf(WHOLE),
});

/** What a router asks an Ollama about itself. */
const MODELS = { models: [{ name: 'translated', model: 'translated' }] };
const FACTS: Record<string, () => object> = {
  '/sent': () => sent,
  '/api/version': () => ({ version: '0.12.0' }),
  '/api/tags': () => MODELS,
  '/api/ps': () => MODELS,
};

const server = createServer({ keepAliveTimeout: 0 }, async (incoming, outgoing) => {
  const fact = FACTS[incoming.url!];
  if (fact) return whole(outgoing, JSON.stringify(fact()));
  const head = await headOfBody(incoming);
  if (incoming.url === '/api/chat') await fast(outgoing, NDJSON);
  else if (!head.includes('"stream":true')) answerWhole(outgoing);
  else if (head.includes('"slow"')) slow(outgoing);
  else await fast(outgoing, SSE);
});
server.listen(Number(process.env.PORT), '127.0.0.1');

/** Reads all of it; model and stream stand in its first bytes. */
async function headOfBody(incoming: IncomingMessage): Promise<string> {
  let head = '';
  for await (const chunk of incoming as AsyncIterable<Buffer>) head ||= chunk.toString('latin1', 0, 200);
  return head;
}

function answerWhole(outgoing: ServerResponse): void {
  count(WHOLE);
  whole(outgoing, WHOLE_ANSWER);
}

function whole(outgoing: ServerResponse, body: string): void {
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

/** Each chunk a write of its own, as tokens come. */
async function fast(outgoing: ServerResponse, { head, chunk, end }: Form): Promise<void> {
  outgoing.writeHead(200, head);
  for (let left = FAST.output; left > 0; left -= 1) {
    outgoing.write(chunk);
    await new Promise(setImmediate);
  }
  count(FAST);
  outgoing.end(end(FAST));
}

function slow(outgoing: ServerResponse): void {
  let left = SLOW.output;
  const next = () => {
    left -= 1;
    outgoing.write(SSE.chunk);
    if (left > 0) setTimeout(next, SLOW.everyMs);
    else {
      count(SLOW);
      outgoing.end(SSE.end(SLOW));
    }
  };
  setTimeout(() => {
    outgoing.writeHead(200, SSE.head);
    next();
  }, SLOW.firstAfterMs);
}

function count({ prompt, output }: Usage): void {
  sent.calls += 1;
  sent.prompt += prompt;
  sent.output += output;
}

function identity(object: string) {
  return { id: 'chatcmpl-1', object, created: 1_700_000_000, model: 'bench' };
}

function usageOf({ prompt, output }: Usage) {
  return { prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output };
}

function sse(fields: object): string {
  return `data: ${JSON.stringify({ ...identity('chat.completion.chunk'), ...fields })}\n\n`;
}

function ndjson(line: object): string {
  return `${JSON.stringify({ model: 'bench', created_at: '2026-08-21T10:00:00.123456Z', ...line })}\n`;
}
