import process from 'node:process';
import type { Drizzle } from '#shared/db/database.ts';
import { publicIdOf } from '#shared/keys/key-token.ts';
import { findConsumer } from '#shared/tenancy/consumer.ts';
import { createKeyFor, NewKey } from '#shared/tenancy/create-key.ts';
import { grantsDownTo } from '#shared/tenancy/grants.ts';
import { findKey } from '#shared/tenancy/key.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { UsageError } from '../failure.ts';
import { checked } from '../reading.ts';

/** Whose key LobeChat is to show. None is ever an argument: arguments are seen by others and kept in histories. */
export interface KeyWish {
  /** The variable that holds its token. */
  keyEnv?: string;
  /** Who gets a new one. */
  consumer?: string;
}

export interface KeyFound {
  /** What its holder may use: a model must stand in each list; null: any. */
  grants: (string[] | null)[];
  /** The token; of a new key it is made by this, when all else is known to be right. Empty where no key was named. */
  token: () => Promise<string>;
}

/** @throws UsageError, Refusal */
export async function keyFor(
  db: Drizzle,
  pepper: () => string,
  { keyEnv, consumer }: KeyWish,
): Promise<KeyFound> {
  if (keyEnv !== undefined && consumer !== undefined)
    throw new UsageError('--key-env names a key that there is, --consumer makes another: give one of them.');
  if (keyEnv !== undefined) return existingKey(db, keyEnv);
  if (consumer !== undefined) return newKey(db, pepper, consumer);
  return { grants: [], token: async () => '' };
}

async function existingKey(db: Drizzle, variable: string): Promise<KeyFound> {
  const token = process.env[variable];
  if (!token) throw new Refusal('not_found', `The environment has no ${variable}.`);
  if (publicIdOf(token) === undefined) throw new Refusal('invalid', `${variable} is no key of the gateway.`);
  const key = await findKey(db, token);
  if (!key.usable) throw new Refusal('wrong_state', `The key ${key.prefix} may not call now.`);
  const above = await grantsDownTo(db, key.consumer.id);
  return { grants: [key.models, ...above.map(({ models }) => models)], token: async () => token };
}

async function newKey(db: Drizzle, pepper: () => string, name: string): Promise<KeyFound> {
  const { id: consumerId } = await findConsumer(db, name);
  const above = await grantsDownTo(db, consumerId);
  const make = async () => {
    const wish = checked(NewKey, { consumerId, name: 'lobechat' });
    return (await createKeyFor(db, pepper(), wish)).token;
  };
  return { grants: above.map(({ models }) => models), token: make };
}
