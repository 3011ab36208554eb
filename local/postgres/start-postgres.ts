import { serverAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { type Cluster, prepareCluster } from './cluster.ts';
import { dataOwner, makeHome, placeData } from './home.ts';
import { launch } from './launch.ts';
import { adoptLeftover } from './leftover.ts';
import { type Lock, lockDirectory } from './lock.ts';
import { serverUrl } from './server-identity.ts';
import { boundLog } from './server-log.ts';
import { type Exit, type ServerProcess, stopServer } from './server-process.ts';

/** A running server; `url(database)` is a postgres:// URL with credentials on loopback. */
export interface EmbeddedPostgres {
  port: number;
  pid: number;
  /** True when it was left running by a runner that was killed. */
  adopted: boolean;
  dataDirectory: string;
  /** Settles when the server has ended, by `stop` or by itself. */
  exited: Promise<Exit>;
  url(database?: string): string;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface PostgresOptions {
  /** Where all that belongs to this server is kept, `.data/postgres` for one. */
  directory: string;
  /** False gives up what a power cut would destroy, for speed: for tests. */
  durable: boolean;
  /** PostgreSQL's own, such as max_connections. */
  settings?: Record<string, string>;
}

/**
 * Starts PostgreSQL on the data in `directory`, made on the first start, for this process alone.
 * It lives until `stop`; if we are killed before, the next start finds and adopts it.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const home = await makeHome(options.directory);
  const lock = await lockDirectory(home);
  try {
    const account = await serverAccount(await dataOwner(home));
    const binaries = await findBinaries(account);
    const dataDirectory = await placeData(home, account);
    const { durable } = options;
    const cluster = await prepareCluster({ home, dataDirectory, account, binaries, durable });
    const flags = serverFlags(options);
    const leftover = await adoptLeftover(cluster, flags);
    const server = leftover ?? (await launch(cluster, flags));
    return handleOf(server, { cluster, lock, adopted: leftover !== null });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

const IN_NO_HURRY_TO_DISK = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

function serverFlags({ durable, settings }: PostgresOptions): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    log_checkpoints: 'off', // nothing but these would fill the log of a quiet server
    ...(durable ? {} : IN_NO_HURRY_TO_DISK),
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function handleOf(
  server: ServerProcess,
  { cluster, lock, adopted }: { cluster: Cluster; lock: Lock; adopted: boolean },
): EmbeddedPostgres {
  const { pid, port, exited } = server;
  const bound = boundLog(cluster.home);
  let stopping: Promise<void> | undefined;
  const stopNow = async () => {
    bound.stop();
    await stopServer(server).finally(() => lock.release());
  };
  const stop = () => {
    stopping ??= stopNow();
    return stopping;
  };
  return {
    port,
    pid,
    adopted,
    dataDirectory: cluster.dataDirectory,
    exited,
    url: (database) => serverUrl(port, cluster.password, database),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
