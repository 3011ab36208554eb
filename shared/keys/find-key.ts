import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { hmacMatches } from './key-hmac.ts';

/** Who calls, and what that caller may do. */
export interface Caller {
  keyId: number;
  consumerId: number;
  /** The consumer at the top of its tree: whose limits all below it share. */
  rootId: number;
  /** Where from, if that is known. */
  address: string | undefined;
  /** The lists of models of the key and of each consumer above it; a model must stand in all of them. */
  grants: readonly (readonly string[])[];
  /** What it may do besides calling models. */
  rights: readonly KeyRight[];
}

export type KeyRight = 'pull';

export interface FoundKey {
  /** Undefined when there is no such key, or it or a consumer above it may not call now. */
  caller: Caller | undefined;
  /** False when the key may not be shown from this address. */
  mayCome: boolean;
  /** The catalog's version at this moment: a router with another one reads it anew. */
  catalogVersion: number;
}

/** What a caller showed. */
export interface ShownKey {
  publicId: string;
  hmac: Buffer;
  /** Where from; undefined when that is not known, which keys that are bound to networks do not accept. */
  address: string | undefined;
}

type Row = {
  key_id: number | null;
  hmac: Buffer | null;
  consumer_id: number | null;
  root_id: number | null;
  may_come: boolean | null;
  usable: boolean | null;
  grants: string[][] | null;
  rights: KeyRight[] | null;
  catalog_version: string;
};

/**
 * Finds keys by their public ids, with their right to call now and the catalog's version, in one round trip.
 *
 * A key is usable while it is active and not expired and every consumer from its own up to the root is
 * active. Expiry is judged by the database's clock.
 */
export async function findKeys(db: Drizzle, shown: readonly ShownKey[]): Promise<FoundKey[]> {
  const asked = shown.map(({ publicId, address }) => ({ publicId, address: address ?? null }));
  const rows = await db.execute<Row>(sql`select * from find_keys_v2(${jsonLiteral(asked)})`);
  return shown.map((key, index) => foundKey(rows[index], key));
}

/**
 * Stands in the statement itself, since of one with parameters the server is asked for their types first, in a round trip
 * of its own. No quote is left inside, so nothing can end it.
 */
const jsonLiteral = (value: unknown) => sql.raw(`'${JSON.stringify(value).replaceAll("'", '\\u0027')}'`);

function foundKey(row: Row | undefined, key: ShownKey): FoundKey {
  if (!row) throw new Error('The catalog has no version: the schema is not whole.');
  const caller = callerOf(row, key);
  return { caller, mayCome: row.may_come === true, catalogVersion: Number(row.catalog_version) };
}

function callerOf(row: Row, { hmac, address }: ShownKey): Caller | undefined {
  const { key_id: keyId, consumer_id: consumerId, root_id: rootId } = row;
  if (keyId === null || row.hmac === null || consumerId === null || rootId === null || row.usable !== true)
    return undefined;
  if (!hmacMatches(row.hmac, hmac)) return undefined;
  return { keyId, consumerId, rootId, address, grants: row.grants ?? [], rights: row.rights ?? [] };
}

export const mayUse = (caller: Caller, model: string) =>
  caller.grants.every((grant) => grant.includes(model));
