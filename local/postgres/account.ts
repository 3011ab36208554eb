import { readFile } from 'node:fs/promises';
import process from 'node:process';

/** Who the server runs as; `uid` and `gid` are what `spawn` and `chown` take. */
export interface Account {
  uid: number;
  gid: number;
  name: string;
  /** True when that is not who we are: then files have to be handed over. */
  isOther: boolean;
}

const NOBODY = { uid: 65_534, gid: 65_534, name: 'nobody' };

/**
 * PostgreSQL refuses to run as root, so root lends it another account: that of the data when there
 * are some, else the system's own for PostgreSQL (`_postgres` on macOS), else nobody's. Anyone but
 * root runs it as oneself.
 */
export async function serverAccount(dataOwner: { uid: number; gid: number } | null): Promise<Account> {
  const uid = process.getuid!();
  if (uid !== 0) return { uid, gid: process.getgid!(), name: `uid ${uid}`, isOther: false };
  if (dataOwner && dataOwner.uid !== 0) {
    return { uid: dataOwner.uid, gid: dataOwner.gid, name: `uid ${dataOwner.uid}`, isOther: true };
  }
  const accounts = accountsIn(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const account = accounts.get('postgres') ?? accounts.get('_postgres') ?? accounts.get('nobody') ?? NOBODY;
  return { ...account, isOther: true };
}

export function accountsIn(passwd: string): Map<string, { uid: number; gid: number; name: string }> {
  const accounts = new Map<string, { uid: number; gid: number; name: string }>();
  for (const line of passwd.split('\n')) {
    const [name, , uidText, gidText] = line.split(':');
    const [uid, gid] = [Number(uidText), Number(gidText)];
    // Root would be refused by the server, and macOS writes nobody as -2, which chown does not take.
    if (name && Number.isInteger(uid) && Number.isInteger(gid) && uid > 0)
      accounts.set(name, { uid, gid, name });
  }
  return accounts;
}

/**
 * Options for spawning what belongs to PostgreSQL. Its environment is built from nothing, because
 * ours holds the pepper and upstream keys, and a server's environment outlives and outreaches us.
 * English messages let us recognise a taken port; macOS needs LC_ALL to start at all.
 */
export function spawnOptions(account: Account): {
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
} {
  const plain = { cwd: '/', env: { LC_ALL: 'C', LC_MESSAGES: 'C' } };
  return account.isOther ? { ...plain, uid: account.uid, gid: account.gid } : plain;
}
