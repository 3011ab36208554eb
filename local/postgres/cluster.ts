import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Account, spawnOptions } from './account.ts';
import type { Binaries } from './binaries.ts';
import { writePrivateFile } from './private-file.ts';

const run = promisify(execFile);
const DRAFT_PREFIX = 'initdb-';
const INITDB_TIMEOUT_MS = 120_000;

/** A cluster is what initdb makes: the data of one server. */
export interface Cluster {
  home: string;
  dataDirectory: string;
  password: string;
  account: Account;
  binaries: Binaries;
  durable: boolean;
}

/** Makes the cluster on the first start; on later ones refuses what this PostgreSQL could not run. */
export async function prepareCluster(wanted: Omit<Cluster, 'password'>): Promise<Cluster> {
  const { home, dataDirectory } = wanted;
  await removeDrafts(dirname(dataDirectory));
  const hasData = await stat(dataDirectory).catch(() => null);
  const cluster = { ...wanted, password: await readOrMakePassword(home, hasData ? dataDirectory : null) };
  if (hasData) await assertUsable(cluster);
  else await makeCluster(cluster);
  return cluster;
}

/** Of starts that were killed in the middle of initdb, which may still be writing. */
async function removeDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => name.startsWith(DRAFT_PREFIX));
  for (const name of drafts) {
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function assertUsable({ dataDirectory, account, binaries }: Cluster): Promise<void> {
  const { uid } = await stat(dataDirectory);
  if (uid !== account.uid) {
    throw new Error(
      `${dataDirectory} belongs to uid ${uid}, but PostgreSQL would run as ${account.name}. Start as the one who made it.`,
    );
  }
  const version = await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version === null) throw new Error(`${dataDirectory} is in the way: it is no PostgreSQL data folder.`);
  if (Number(version) !== binaries.majorVersion) {
    throw new Error(
      `${dataDirectory} was made by PostgreSQL ${version.trim()}, which ${binaries.majorVersion} cannot read. Install the former, or move the folder away to start without data.`,
    );
  }
}

async function readOrMakePassword(home: string, data: string | null): Promise<string> {
  const path = join(home, 'password');
  const kept = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (kept) return kept.trim();
  if (data !== null) {
    const folders = data.startsWith(`${home}/`) ? home : `${home} and ${dirname(data)}`;
    throw new Error(
      `${path} is missing, which opens the data. Put it back, or delete ${folders} to start without data.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  await writePrivateFile(path, `${password}\n`);
  return password;
}

/** Runs initdb in a draft folder: what bears the data folder's name is always a whole cluster. */
async function makeCluster({ dataDirectory, account, binaries, password, durable }: Cluster): Promise<void> {
  const draft = await mkdtemp(join(dirname(dataDirectory), DRAFT_PREFIX));
  const passwordFile = join(draft, 'password');
  const data = join(draft, basename(dataDirectory));
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    await chmod(passwordFile, 0o600);
    await chmod(draft, 0o700);
    if (account.isOther) {
      await chown(passwordFile, account.uid, account.gid);
      await chown(draft, account.uid, account.gid);
    }
    const flags = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    if (!durable) flags.push('--no-sync');
    const options = { ...spawnOptions(account), timeout: INITDB_TIMEOUT_MS };
    await run(binaries.initdb, ['-D', data, '-U', 'postgres', ...flags], options).catch((error) => {
      throw new Error(`initdb failed: ${error.stderr?.trim() || error.message}`, { cause: error });
    });
    await rename(data, dataDirectory);
    if (durable) await syncFolder(dirname(dataDirectory));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}
