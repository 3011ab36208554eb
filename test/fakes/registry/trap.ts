import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that nobody has any business with: it tells who came all the same. */
export async function startTrap() {
  const visits: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];
  let connections = 0;
  const server = createServer(({ method = '', url = '', headers }, response) => {
    visits.push({ method, url, headers });
    response.end('You should not be here.');
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visits,
    /** Also of those who said nothing. */
    connections: () => connections,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
