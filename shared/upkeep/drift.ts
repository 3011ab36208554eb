import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';

/** Something in the ledger that is not as its receipts and holds say. */
export type Drift = {
  kind: string;
  subject: string;
  expected: number;
  found: number;
};

/** Empty when all is well. */
export const findDrift = (db: Drizzle): Promise<Drift[]> =>
  db.execute<Drift>(
    sql`select kind, subject, expected::float8, found::float8 from ledger_drift order by kind, subject`,
  );
