import { isIP } from 'node:net';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { Refusal } from './refusal.ts';

const NETWORK = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i;

/** Networks such as `10.0.0.0/8` or `2001:db8::/32`; an address stands for itself alone. */
export const Networks = z
  .array(z.string().refine(isNetwork, 'must be a network such as 10.0.0.0/8'))
  .min(1, 'must name a network');

/** @throws Refusal */
export function readNetwork(text: string): string {
  if (isNetwork(text)) return text;
  throw new Refusal('invalid', `'${text}' is no network: write 10.0.0.0/8, 2001:db8::/32, or one address.`);
}

function isNetwork(text: string): boolean {
  const [, address = '', bits] = NETWORK.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits ?? 0) <= (version === 4 ? 32 : 128);
}

/** @throws Refusal when a network is written with an address inside it, which may mean either */
export async function assertNetworks(db: Drizzle, networks: readonly string[]): Promise<void> {
  const [slip] = await db.execute<{ given: string; network: string }>(sql`
    select given, network(given::inet)::text as network
      from jsonb_array_elements_text(${JSON.stringify(networks)}::jsonb) as given
     where network(given::inet)::inet <> given::inet limit 1`);
  if (!slip) return;
  const address = slip.given.split('/')[0];
  throw new Refusal(
    'invalid',
    `${slip.given} is an address in ${slip.network}: write that, or ${address} for it alone.`,
  );
}
