import { type SQL, sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import type { KeyRight } from '../keys/find-key.ts';
import { Id } from './fields.ts';
import { instant } from './instant.ts';
import { Refusal } from './refusal.ts';

/** A key, as an operator sees it: never its token. */
export type Key = {
  id: number;
  name: string;
  /** The part of the token that may be shown. */
  prefix: string;
  consumer: { id: number; name: string };
  status: 'active' | 'disabled' | 'revoked';
  /** Whether it may call now: it is active and has not expired, and all consumers above it are active. */
  usable: boolean;
  expiresAt: string | null;
  /** Null: all that its consumer may use. */
  models: string[] | null;
  /** The networks that may show it; null: any. */
  cidrs: string[] | null;
  /** What it may do besides calling models. */
  rights: KeyRight[];
  /** Tokens that a rotation replaced and that still work. */
  formerTokens: { prefix: string; validUntil: string }[];
  timeZone: string;
  createdAt: string;
};

interface Filter {
  consumerId?: number;
  /** Revoked ones, too. */
  all?: boolean;
}

export const listKeys = (db: Drizzle, { consumerId, all = false }: Filter = {}): Promise<Key[]> =>
  keysWhere(
    db,
    sql`(${all} or k.status <> 'revoked') and ${consumerId === undefined ? sql`true` : sql`k.consumer_id = ${consumerId}`}`,
  );

/** @throws Refusal */
export async function readKey(db: Drizzle, id: number): Promise<Key> {
  const [key] = Id.safeParse(id).success ? await keysWhere(db, sql`k.id = ${id}`) : [];
  if (key) return key;
  throw new Refusal('not_found', `There is no key ${id}.`);
}

/**
 * By id, or by what is known of a token: its prefix, its public id, or all of it, current or former, so that whoever
 * finds a token somewhere can end its key. What is not found is not repeated: it may be a secret.
 *
 * @throws Refusal
 */
export async function findKey(db: Drizzle, shown: string): Promise<Key> {
  if (/^\d{1,10}$/.test(shown)) return readKey(db, Number(shown)); // a public id is longer
  const publicId = /^(?:sk-)?([0-9A-Za-z]{12})(?:-[0-9A-Za-z]*)?$/.exec(shown)?.[1];
  if (publicId === undefined) {
    throw new Refusal(
      'not_found',
      'No key is called that: name it by its id, or by the first part of its token, sk-….',
    );
  }
  const [key] = await keysWhere(
    db,
    sql`k.id = (select key_id from key_tokens where public_id = ${publicId})`,
  );
  if (key) return key;
  throw new Refusal('not_found', `There is no key sk-${publicId}.`);
}

function keysWhere(db: Drizzle, condition: SQL): Promise<Key[]> {
  return db.execute<Key>(sql`
    select k.id, k.name, k.prefix, jsonb_build_object('id', c.id, 'name', c.name) as consumer, k.status,
           k.status = 'active' and coalesce(k.expires_at > now(), true)
             and (select bool_and(a.status = 'active') from consumers a where a.id = any (c.path)) as usable,
           ${instant(sql`k.expires_at`)} as "expiresAt", to_jsonb(k.models) as models, to_jsonb(k.cidrs) as cidrs,
           to_jsonb(k.rights) as rights,
           coalesce(former.tokens, '[]') as "formerTokens", c.time_zone as "timeZone",
           ${instant(sql`k.created_at`)} as "createdAt"
      from keys k
      join consumers c on c.id = k.consumer_id
     cross join lateral (
       select jsonb_agg(jsonb_build_object('prefix', 'sk-' || t.public_id, 'validUntil', ${instant(sql`t.valid_until`)})
                        order by t.created_at) as tokens
         from key_tokens t where t.key_id = k.id and t.valid_until > now()
     ) former
     where ${condition}
     order by c.path, k.id`);
}
