import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { Refusal } from './refusal.ts';

/** The zone as the database writes it. It knows odd ones besides, such as `XYZ+3`: those are refused as slips. */
export async function zoneNamed(db: Drizzle, text: string): Promise<string> {
  const [zone] = await db.execute<{ name: string }>(
    sql`select name from pg_timezone_names
         where lower(name) = lower(${text}) and name !~ '^(posix|right)/' and name <> 'Factory'`,
  );
  if (zone) return zone.name;
  throw new Refusal('invalid', `There is no time zone '${text}'. Write it as Asia/Shanghai or UTC.`);
}
