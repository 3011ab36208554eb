import { sql } from 'drizzle-orm';
import type OpenAI from 'openai';
import { createConsumer, NewConsumer } from '#shared/tenancy/create-consumer.ts';
import { createKeyFor, NewKey } from '#shared/tenancy/create-key.ts';
import { readLimit } from '#shared/tenancy/limit-wish.ts';
import { setPrice } from '#shared/tenancy/price.ts';
import type { TestGateway } from './gateway.ts';
import { sdk } from './served-gateway.ts';

/** A consumer with a key of its own. */
export interface Tenant {
  consumerId: number;
  keyId: number;
  url: string;
  key: string;
  /** It does not retry. */
  client: OpenAI;
}

interface Wish {
  parentId?: number;
  timeZone?: string;
  /** As people write them: `tokens/day=1000`, `parallel=2`. */
  limits?: string[];
  keyLimits?: string[];
  models?: string[];
  /** The networks in which the key may be shown. */
  cidrs?: string[];
}

/** A new tenant of a gateway, or one more below another. */
export async function aTenant(gateway: TestGateway, wish: Wish = {}): Promise<Tenant> {
  const { limits = [], keyLimits, cidrs, models, ...place } = wish;
  const whole = NewConsumer.parse({ ...place, name: 'tenant', models, limits: limits.map(readLimit) });
  const { consumer } = await gateway.database.write((db) => createConsumer(db, whole));
  const key = await aKeyOf(gateway, consumer.id, {
    ...(keyLimits && { keyLimits }),
    ...(cidrs && { cidrs }),
  });
  return { consumerId: consumer.id, ...key };
}

/** One more key of a consumer. */
export async function aKeyOf(
  gateway: TestGateway,
  consumerId: number,
  { keyLimits = [], cidrs }: Pick<Wish, 'keyLimits' | 'cidrs'> = {},
): Promise<Omit<Tenant, 'consumerId'>> {
  const whole = NewKey.parse({ consumerId, name: 'test', cidrs, limits: keyLimits.map(readLimit) });
  const { key, token } = await gateway.database.write((db) => createKeyFor(db, gateway.pepper, whole));
  const access = { url: gateway.url, key: token };
  return { keyId: key.id, ...access, client: sdk(access) };
}

/** From now on a model costs this, in micro-yuan per million tokens. */
export const aPrice = (gateway: TestGateway, model: string, input: number, output: number) =>
  gateway.database.write((db) => setPrice(db, { model, input, output }));

/** The ledger's clock, which from now on only the test moves. */
export async function aLedgerClock({ database }: TestGateway, startsAt: string) {
  await database.write(async (db) => {
    await db.execute(sql`create table test_clock (at timestamptz not null)`);
    await db.execute(sql`insert into test_clock values (${startsAt})`);
    await db.execute(sql`
      create or replace function ledger_now() returns timestamptz language sql volatile as
        'select at from test_clock'`);
  });
  return {
    /** @param interval as PostgreSQL reads it: `30 seconds`. */
    advance: (interval: string) =>
      database.write((db) => db.execute(sql`update test_clock set at = at + ${interval}::interval`)),
    set: (at: string) => database.write((db) => db.execute(sql`update test_clock set at = ${at}`)),
  };
}
