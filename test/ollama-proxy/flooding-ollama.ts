/** An Ollama whose answers never end and come as fast as they are taken; `/api/tags` says how much was written. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

const LINE = Buffer.from(`${JSON.stringify({ message: { content: 'x'.repeat(16_000) }, done: false })}\n`);
let written = 0;

createServer((request, response) => {
  request.resume();
  if (request.url === '/api/chat')
    void flood(response.writeHead(200, { 'content-type': 'application/x-ndjson' }));
  else response.end(JSON.stringify({ written }));
}).listen(Number(process.env.OLLAMA_HOST?.split(':')[1]), '127.0.0.1');

async function flood(response: ServerResponse): Promise<void> {
  while (!response.destroyed) {
    written += LINE.length;
    if (!response.write(LINE)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
}
