import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from './at-end.ts';

/** An upstream that answers every call with the same bytes, whatever they are. */
export async function aRawUpstream() {
  const answer = { type: 'text/event-stream', body: '' };
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': answer.type }).end(answer.body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    says: (type: string, body: string) => Object.assign(answer, { type, body }),
  };
}
