import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { readConfig } from '#shared/config.ts';
import { migrate } from '#shared/db/migrate.ts';
import { createLog, errorFields } from '#shared/log.ts';
import { reasonOf } from '../../local/start/reason-of.ts';
import { connectionsAt } from '../connections/server.ts';
import { MigrationConfig } from './config.ts';
import { newestIn, type Verdict } from './verdict.ts';

// Migrates the database from inside the VPC, when a deploy invokes it. It has no trigger: only who may invoke functions can.

const MIGRATIONS = fileURLToPath(new URL('migrations', import.meta.url)); // beside the bundle

const log = createLog('migration');
const { DATABASE_URL, FC_CUSTOM_LISTEN_PORT, LISTEN_ADDRESS } = readConfig(MigrationConfig, process.env);

/** FC keeps neither status nor headers of an invocation's answer, so that the verdict is its body. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  // Clients cannot set this header: FC drops it.
  if (request.url !== '/invoke' || request.headers['x-fc-control-path'] !== '/invoke') {
    response.writeHead(404).end();
    return;
  }
  response.end(JSON.stringify(await verdict()));
}

async function verdict(): Promise<Verdict> {
  try {
    await migrate(DATABASE_URL, MIGRATIONS);
    const newest = await newestIn(MIGRATIONS);
    const connections = await connectionsAt(DATABASE_URL);
    log.info('migration', { newest });
    return { migrated: true, newest, connections };
  } catch (error) {
    log.error('migration', errorFields(error));
    return { migrated: false, reason: reasonOf(error) };
  }
}

// FC keeps connections and takes its time (reference: fc-docs 08/062).
createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
  void answer(request, response);
}).listen(FC_CUSTOM_LISTEN_PORT, LISTEN_ADDRESS);
