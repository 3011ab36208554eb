import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import type { Account } from './account.ts';
import { writePrivateFile } from './private-file.ts';
import { canEnter, trustedFolder } from './trusted-folder.ts';

const NOTE = 'data-location.txt';

/** Makes the folder of a server and gives its real path, by which it is known from then on. */
export async function makeHome(givenDirectory: string): Promise<string> {
  const directory = resolve(givenDirectory);
  const topmostMade = await mkdir(directory, { recursive: true });
  // The account that root lends must pass through what we made, to its data; it need not look around.
  const mode = process.getuid!() === 0 ? 0o711 : 0o700;
  if (topmostMade) {
    for (let made = directory; made.length >= topmostMade.length; made = dirname(made))
      await chmod(made, mode);
  }
  return await realpath(directory);
}

/** Where earlier starts have put the data of the server in `home`. */
export async function knownData(home: string): Promise<string> {
  return (await readNote(home)) ?? join(home, 'data');
}

/** Who the data in `home` belong to; null before the first start. */
export async function dataOwner(home: string): Promise<{ uid: number; gid: number } | null> {
  return await stat(await knownData(home)).catch(() => null);
}

/** Where the data of the server in `home` are, or shall be: in it, unless the account cannot enter it. */
export async function placeData(home: string, account: Account): Promise<string> {
  const inHome = join(home, 'data');
  const noted = await readNote(home);
  // Where the place itself is gone, as a cleaned /var/tmp may be, another is as good.
  if (noted && (await exists(dirname(noted)))) return noted;
  if (!account.isOther || canEnter(account, home)) return inHome;
  if (await exists(inHome)) {
    throw new Error(
      `${account.name}, who runs PostgreSQL for root, can no longer enter ${home}, where its data are. Open the folders above it (chmod o+x).`,
    );
  }
  const outside = await trustedFolder(nameOutside(home), account);
  const dataDirectory = join(outside, 'data');
  if (await exists(dataDirectory)) {
    throw new Error(
      `${outside} has the data of a Sublet that was in ${home} before, whose password and keys are gone with that folder. To begin anew remove them: rm -r ${outside}`,
    );
  }
  await writeNote(home, dataDirectory);
  return dataDirectory;
}

/** Deletes a server that is not running, its data included, wherever they are. */
export async function removePostgres(directory: string): Promise<void> {
  const home = await realpath(directory).catch(() => null);
  if (!home) return;
  const noted = await readNote(home);
  if (noted) await rm(dirname(noted), { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
}

async function readNote(home: string): Promise<string | null> {
  const note = await readFile(join(home, NOTE), 'utf8').catch(() => null);
  if (note === null) return null;
  const [dataDirectory = '', , notedHome = ''] = note.split('\n');
  if (notedHome === home && dataDirectory.endsWith(`${nameOutside(home)}/data`)) return dataDirectory;
  // Copied or moved: its data are still the other folder's, or nobody's.
  throw new Error(
    `${join(home, NOTE)} was written for ${notedHome}, whose data are in ${dataDirectory}. If that folder was moved here, move it back; otherwise delete the note to start without data.`,
  );
}

const nameOutside = (home: string) => createHash('sha256').update(home).digest('hex').slice(0, 16);

async function writeNote(home: string, dataDirectory: string): Promise<void> {
  const lines = [
    dataDirectory,
    'holds the PostgreSQL data of',
    home,
    'because the account that runs PostgreSQL for root cannot enter the latter.',
  ];
  await writePrivateFile(join(home, NOTE), `${lines.join('\n')}\n`);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
