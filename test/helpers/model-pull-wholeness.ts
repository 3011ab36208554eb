import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Blob, blobPath, namedBlobs, readManifests } from '../fakes/ollama/manifests.ts';

/** What was read already, by what would be different were it another file. */
const known = new Map<string, string>();

/** What is wrong with a store for an Ollama that reads it now: names without files, and files that are not what their names say. */
export function problemsIn(store: string): string[] {
  const { good, warnings } = readManifests(store);
  const wrong = good.flatMap((manifest) =>
    namedBlobs(manifest).flatMap((blob) => {
      const problem = problemOf(store, blob);
      return problem ? [`${manifest.name.model}: ${blob.mediaType} ${problem}`] : [];
    }),
  );
  return [...warnings, ...wrong];
}

export const modelsIn = (store: string): string[] => readManifests(store).good.map(({ name }) => name.model);

/** Looks at a store all the time. */
export function watching(store: string) {
  const problems = new Set<string>();
  let looks = 0;
  const look = () => {
    for (const problem of problemsIn(store)) problems.add(problem);
    looks += 1;
  };
  const timer = setInterval(look, 5);
  return {
    /** @returns all that was wrong at any moment. */
    end(): string[] {
      clearInterval(timer);
      look();
      return looks > 1 ? [...problems] : ['nobody looked'];
    },
  };
}

/** Every file of a store with its size and the time of its last change. */
export function snapshotOf(store: string): string[] {
  const entries = readdirSync(store, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return entries
    .map(({ parentPath, name }) => {
      const { size, mtimeMs } = statSync(join(parentPath, name));
      return `${join(parentPath, name)} ${size} ${mtimeMs}`;
    })
    .toSorted();
}

function problemOf(store: string, { digest, size }: Blob): string | undefined {
  const path = blobPath(store, digest);
  if (!existsSync(path)) return 'is missing';
  const { size: found, mtimeMs, ino } = statSync(path);
  if (found !== size) return `has ${found} bytes, not ${size}`;
  const key = `${path} ${ino} ${found} ${mtimeMs}`;
  const actual = known.get(key) ?? createHash('sha256').update(readFileSync(path)).digest('hex');
  known.set(key, actual);
  return digest === `sha256:${actual}` ? undefined : 'has other bytes';
}
