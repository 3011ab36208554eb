import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { hmacMatches } from './key-hmac.ts';

/** Who calls, and what that caller may do. */
export interface Caller {
  keyId: number;
  consumerId: number;
  /** The lists of models of the key and of each consumer above it; a model must stand in all of them. */
  grants: readonly (readonly string[])[];
}

export interface FoundKey {
  /** Undefined when there is no such key, or it or a consumer above it may not call now. */
  caller: Caller | undefined;
  /** The catalog's version at this moment: a router with another one reads it anew. */
  catalogVersion: number;
}

/** What a caller showed. */
export interface ShownKey {
  publicId: string;
  hmac: Buffer;
}

type Row = {
  key_id: number | null;
  hmac: Buffer | null;
  consumer_id: number | null;
  usable: boolean | null;
  grants: string[][] | null;
  catalog_version: string;
};

/**
 * Finds keys by their public ids, with their right to call now and the catalog's version, in one round trip.
 *
 * A key is usable while it is active and not expired and every consumer from its own up to the root is
 * active. Expiry is judged by the database's clock.
 */
export async function findKeys(db: Drizzle, shown: readonly ShownKey[]): Promise<FoundKey[]> {
  const publicIds = JSON.stringify(shown.map((key) => key.publicId));
  const rows = await db.execute<Row>(sql`
    select found.*, catalog.version as catalog_version
      from jsonb_array_elements_text(${publicIds}::jsonb) with ordinality as shown (public_id, position)
     cross join catalog
      left join lateral (
        select k.id as key_id, k.hmac, c.id as consumer_id,
               k.status = 'active' and coalesce(k.expires_at > now(), true) and path.active as usable,
               case when k.models is null then path.grants
                    else path.grants || jsonb_build_array(to_jsonb(k.models)) end as grants
          from keys k
          join consumers c on c.id = k.consumer_id
          cross join lateral (
            select bool_and(a.status = 'active') as active,
                   coalesce(jsonb_agg(to_jsonb(a.models)) filter (where a.models is not null), '[]') as grants
              from consumers a
             where a.id = any (c.path)
          ) path
         where k.public_id = shown.public_id
      ) found on true
     order by shown.position`);
  return shown.map(({ hmac }, index) => foundKey(rows[index], hmac));
}

function foundKey(row: Row | undefined, hmac: Buffer): FoundKey {
  if (!row) throw new Error('The catalog has no version: the schema is not whole.');
  return { caller: callerOf(row, hmac), catalogVersion: Number(row.catalog_version) };
}

function callerOf(row: Row, hmac: Buffer): Caller | undefined {
  if (row.key_id === null || row.hmac === null || row.consumer_id === null || row.usable !== true)
    return undefined;
  if (!hmacMatches(row.hmac, hmac)) return undefined;
  return { keyId: row.key_id, consumerId: row.consumer_id, grants: row.grants ?? [] };
}

export const mayUse = (caller: Caller, model: string) =>
  caller.grants.every((grant) => grant.includes(model));
