import { isDeepStrictEqual } from 'node:util';
import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { instant } from '../tenancy/instant.ts';
import { Refusal } from '../tenancy/refusal.ts';
import { type CatalogDocument, inOrder } from './document.ts';
import type { CurrentCatalog } from './read-document.ts';

/** A catalog that was in force, under the number by which routers knew it. */
export type CatalogVersion = {
  version: number;
  note: string | null;
  createdAt: string;
  upstreams: number;
  models: number;
  routes: number;
};

/** The newest last. */
export function listVersions(db: Drizzle): Promise<CatalogVersion[]> {
  return db.execute<CatalogVersion>(sql`
    select version::float8, note, ${instant(sql`created_at`)} as "createdAt",
           jsonb_array_length(document->'upstreams') as upstreams,
           jsonb_array_length(document->'models') as models,
           jsonb_array_length(document->'routes') as routes
      from catalog_versions
     order by version`);
}

/** The document of a version, as it was kept. @throws Refusal */
export async function readVersion(db: Drizzle, version: number): Promise<CatalogDocument> {
  const [row] = await db.execute<{ document: CatalogDocument }>(
    sql`select document from catalog_versions where version = ${version}`,
  );
  if (!row)
    throw new Refusal('not_found', `There is no version ${version} of the catalog: see catalog versions.`);
  return row.document;
}

export async function keepVersion(
  tx: Drizzle,
  { version, document }: CurrentCatalog,
  note: string,
): Promise<void> {
  await tx.execute(sql`
    insert into catalog_versions (version, document, note)
    values (${version}, ${JSON.stringify(document)}::jsonb, ${note})`);
}

/** Keeps the catalog as it is, unless its last version says the same: npm start, for one, writes tables alone. */
export async function keepWhatOthersMade(tx: Drizzle, current: CurrentCatalog): Promise<void> {
  const [last] = await tx.execute<{ document: CatalogDocument }>(
    sql`select document from catalog_versions order by version desc limit 1`,
  );
  if (last && isDeepStrictEqual(inOrder(last.document), current.document)) return;
  await keepVersion(
    tx,
    current,
    last ? 'what others had changed since' : 'what there was before the first change',
  );
}
