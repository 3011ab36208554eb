import { createServer } from 'node:http';

/** The least that any function can be: what the start of each bundle is measured against. */
createServer((_, answer) => answer.end('{"status":"ok"}')).listen(Number(process.env.PORT), '127.0.0.1');
