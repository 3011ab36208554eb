import { type SQL, sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import type { KeyRight } from '../keys/find-key.ts';
import { type Expiry, expiryInstant } from './expiry.ts';
import { assertWithin, grantsDownTo } from './grants.ts';
import { assertNetworks } from './networks.ts';
import { Refusal } from './refusal.ts';

interface Wish {
  models?: string[] | null | undefined;
  expiry?: Expiry | null | undefined;
  cidrs?: string[] | null | undefined;
  rights?: KeyRight[] | undefined;
}

interface Columns {
  models?: string[] | null;
  expiresAt?: SQL | null;
  cidrs?: string[] | null;
  rights?: KeyRight[];
}

/** The columns to write for what a key shall be allowed; what is absent is left out. @throws Refusal */
export async function keyRights(
  tx: Drizzle,
  consumerId: number,
  { models, expiry, cidrs, rights }: Wish,
): Promise<Columns> {
  if (models) assertWithin(models, await grantsDownTo(tx, consumerId));
  if (cidrs) await assertNetworks(tx, cidrs);
  return {
    ...(models !== undefined && { models }),
    ...(cidrs !== undefined && { cidrs }),
    ...(rights !== undefined && { rights }),
    ...(expiry !== undefined && { expiresAt: expiry && (await futureInstant(tx, consumerId, expiry)) }),
  };
}

async function futureInstant(tx: Drizzle, consumerId: number, expiry: Expiry): Promise<SQL> {
  const at = expiryInstant(expiry, sql`(select time_zone from consumers where id = ${consumerId})`);
  const [row] = await tx.execute<{ coming: boolean }>(sql`select ${at} > now() as coming`);
  if (!row?.coming) throw new Refusal('invalid', 'A key cannot end in the past; to end it now, revoke it.');
  return at;
}
