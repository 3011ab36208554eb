import { Agent, createServer, request } from 'node:http';

/** The least that a proxy can be with `node:http`: bodies piped, nothing read. What we are measured against. */
const upstream = new URL(process.env.UPSTREAM_URL!);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });

const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
  const { host: _host, ...headers } = incoming.headers;
  const options = { method: incoming.method, path: incoming.url, headers, agent };
  const forwarded = request(upstream, options, (reply) => {
    outgoing.writeHead(reply.statusCode!, reply.headers);
    reply.pipe(outgoing);
  });
  incoming.pipe(forwarded);
});
server.listen(Number(process.env.PORT), '127.0.0.1');
