import { type SQL, sql } from 'drizzle-orm';

/** An instant as JSON has it; null for never. */
export const instant = (value: SQL) =>
  sql`case when isfinite(${value}) then to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end`;
