import type * as z from 'zod';
import type { Database } from '#shared/db/database.ts';
import { type Caller, findKeys } from '#shared/keys/find-key.ts';
import { keyHmac } from '#shared/keys/key-hmac.ts';
import { publicIdOf } from '#shared/keys/key-token.ts';
import type { Consumer } from '#shared/tenancy/consumer.ts';
import { createConsumer, NewConsumer } from '#shared/tenancy/create-consumer.ts';
import { createKeyFor, NewKey } from '#shared/tenancy/create-key.ts';
import type { Key } from '#shared/tenancy/key.ts';
import { readLimit } from '#shared/tenancy/limit-wish.ts';
import { PEPPER } from './sublet.ts';

type Wish<Schema extends z.ZodType> = Omit<z.input<Schema>, 'limits'> & { limits?: string[] };

/** Consumers and keys to begin a test with, made as the command line would make them. */
export function tenancyOf(database: Database) {
  return {
    async consumer(
      name: string,
      { limits = [], ...wish }: Omit<Wish<typeof NewConsumer>, 'name'> = {},
    ): Promise<Consumer> {
      const whole = NewConsumer.parse({ ...wish, name, limits: limits.map(readLimit) });
      return (await database.write((db) => createConsumer(db, whole))).consumer;
    },
    async key(
      consumerId: number,
      { limits = [], ...wish }: Omit<Wish<typeof NewKey>, 'name' | 'consumerId'> = {},
    ): Promise<Key & { token: string }> {
      const whole = NewKey.parse({ ...wish, consumerId, name: 'test', limits: limits.map(readLimit) });
      const { key, token } = await database.write((db) => createKeyFor(db, PEPPER, whole));
      return { ...key, token };
    },
  };
}

/** The id of the key that gateways let in by this token. */
export async function letInBy(database: Database, token: string): Promise<number | undefined> {
  return (await callerLetInBy(database, token))?.keyId;
}

export async function callerLetInBy(database: Database, token: string): Promise<Caller | undefined> {
  const shown = { publicId: publicIdOf(token)!, hmac: keyHmac(token, PEPPER), address: undefined };
  const [found] = await database.read((db) => findKeys(db, [shown]));
  return found!.caller;
}
