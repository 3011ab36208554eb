import { createServer, type ServerResponse } from 'node:http';

/**
 * An upstream that costs as little as possible, so that what stands before it is what is measured:
 * `/v1` answers like an OpenAI-compatible service, `/api/chat` like Ollama, with CHUNKS pieces.
 */
const CHUNKS = Number(process.env.CHUNKS ?? 200);
const TEXT = ' streaming words';

const SSE = {
  head: { 'content-type': 'text/event-stream' },
  chunk: sse({ delta: { content: TEXT }, finish_reason: null }),
  end: `${sse({ delta: {}, finish_reason: 'stop' })}data: ${JSON.stringify({ ...shared(), choices: [], usage: usage() })}\n\ndata: [DONE]\n\n`,
};
const NDJSON = {
  head: { 'content-type': 'application/x-ndjson' },
  chunk: ndjson({ message: { role: 'assistant', content: TEXT }, done: false }),
  end: ndjson({
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 9,
    eval_count: CHUNKS,
  }),
};
const WHOLE = JSON.stringify({
  ...shared(),
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: TEXT, refusal: null }, finish_reason: 'stop' },
  ],
  usage: usage(),
});

const server = createServer({ keepAliveTimeout: 0 }, async (incoming, outgoing) => {
  let body = '';
  for await (const chunk of incoming) body += chunk;
  if (incoming.url === '/api/chat') await stream(outgoing, NDJSON);
  else if (body.includes('"stream":true')) await stream(outgoing, SSE);
  else
    outgoing
      .writeHead(200, { 'content-type': 'application/json', 'content-length': WHOLE.length })
      .end(WHOLE);
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write('ready\n'));

/** Each chunk a write of its own, as tokens come. */
async function stream(outgoing: ServerResponse, form: typeof SSE): Promise<void> {
  outgoing.writeHead(200, form.head);
  for (let sent = 0; sent < CHUNKS; sent += 1) {
    outgoing.write(form.chunk);
    await new Promise(setImmediate);
  }
  outgoing.end(form.end);
}

function shared() {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'bench' };
}

function usage() {
  return { prompt_tokens: 9, completion_tokens: CHUNKS, total_tokens: 9 + CHUNKS };
}

function sse(choice: object): string {
  return `data: ${JSON.stringify({ ...shared(), choices: [{ index: 0, ...choice }] })}\n\n`;
}

function ndjson(line: object): string {
  return `${JSON.stringify({ model: 'bench', created_at: '2026-08-21T10:00:00.123456Z', ...line })}\n`;
}
