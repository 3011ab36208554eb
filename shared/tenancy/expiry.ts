import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { Refusal } from './refusal.ts';

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const LONGEST_MS = 100 * 366 * UNITS_MS.d;

const Duration = z.number().int().min(0).max(LONGEST_MS);

/** When a key ends: after a time from now, at an instant, or with a day where its consumer is. */
export const Expiry = z.union([
  z.strictObject({ afterMs: Duration.min(1) }),
  z.strictObject({ at: z.iso.datetime({ offset: true }) }),
  z.strictObject({ day: z.iso.date() }),
]);
export type Expiry = z.infer<typeof Expiry>;

/** A time span as people write it: `90s`, `15m`, `24h`, `30d`, `2w`, or `0`. @throws Refusal */
export function readDuration(text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const ms = text === '0' ? 0 : Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  if (!Duration.safeParse(ms).success) {
    throw new Refusal(
      'invalid',
      `'${text}' is no time span: write 90s, 15m, 24h, 30d or 2w, a century at most.`,
    );
  }
  return ms;
}

/** An expiry as people write it: a time span, a day or an instant. @throws Refusal */
export function readExpiry(text: string): Expiry {
  const isSpan = /^\d+[a-z]?$/.test(text);
  const wish = isSpan ? { afterMs: readDuration(text) } : text.includes('T') ? { at: text } : { day: text };
  const { success, data } = Expiry.safeParse(wish);
  if (success) return data;
  throw new Refusal(
    'invalid',
    `'${text}' is no time to end at: write 30d, 2027-01-31, or 2027-01-31T18:00:00+08:00.`,
  );
}

/** The instant, by the database's clock. A day lasts to its end in the zone given. */
export function expiryInstant(expiry: Expiry, zone: SQL): SQL {
  if ('afterMs' in expiry) return sql`now() + ${expiry.afterMs} * interval '1 millisecond'`;
  if ('at' in expiry) return sql`${expiry.at}::timestamptz`;
  return sql`(${expiry.day}::date + 1)::timestamp at time zone ${zone}`;
}
