import process from 'node:process';
import { startPostgres } from './start-postgres.ts';

/** A runner of its own for tests, to be killed: starts a server in argv[2] and says which. */
const server = await startPostgres({ directory: process.argv[2]!, durable: false });
console.log(JSON.stringify({ pid: server.pid, url: server.url(), dataDirectory: server.dataDirectory }));
process.on('SIGTERM', () => void server.stop());
