import { createHash } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import * as z from 'zod';
import { isValidName, type ModelName } from './names.ts';

const Blob = z.looseObject({
  mediaType: z.string().default(''),
  digest: z.string(),
  size: z.number().default(0),
});
export type Blob = z.infer<typeof Blob>;

const Manifest = z.looseObject({
  config: Blob.nullish(),
  layers: z
    .array(Blob)
    .nullish()
    .transform((layers) => layers ?? []),
});

/** A manifest as it lies in the store. */
export interface StoredManifest {
  name: ModelName;
  path: string;
  /** sha256 of the file's bytes, 64 hex digits. */
  digest: string;
  modifiedAt: string;
  /** Undefined also when its digest is empty. */
  config: Blob | undefined;
  layers: Blob[];
}

export interface Manifests {
  good: StoredManifest[];
  /** What Ollama warns of, one line for each file: a name that no model has, or bytes that are no manifest. */
  warnings: string[];
}

/** Opens and parses every manifest of the store, as Ollama does for every request (`manifest.Manifests`). */
export function readManifests(store: string): Manifests {
  const root = join(store, 'manifests');
  const good: StoredManifest[] = [];
  const warnings: string[] = [];
  for (const path of filesOnLevel(root, 4)) {
    const [host, namespace, model, tag] = path.slice(root.length + 1).split(sep) as Parts;
    const name = { host, namespace, model, tag };
    if (!isValidName(name)) warnings.push(`bad manifest name path=${path}`);
    else {
      try {
        good.push(readManifest(path, name));
      } catch (error) {
        warnings.push(`bad manifest name=${path} error=${(error as Error).message}`);
      }
    }
  }
  return { good, warnings };
}

type Parts = [string, string, string, string];

/** @throws Error when the file is not there or is no manifest. */
export function readManifest(path: string, name: ModelName): StoredManifest {
  const bytes = readFileSync(path);
  const { config, layers } = Manifest.parse(JSON.parse(bytes.toString('utf8')));
  return {
    name,
    path,
    digest: createHash('sha256').update(bytes).digest('hex'),
    modifiedAt: statSync(path).mtime.toISOString(),
    config: config?.digest ? config : undefined,
    layers,
  };
}

export const blobPath = (store: string, digest: string): string =>
  join(store, 'blobs', digest.replace(':', '-'));

export const namedBlobs = ({ config, layers }: StoredManifest): Blob[] =>
  config ? [...layers, config] : layers;

/** The files exactly so many levels down, dot files too: the glob of Go leaves none out. */
function filesOnLevel(folder: string, level: number): string[] {
  const entries = entriesOf(folder).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (level === 1)
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name));
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => filesOnLevel(join(folder, name), level - 1));
}

/** A folder that a delete has just taken away is as an empty one. */
export function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
