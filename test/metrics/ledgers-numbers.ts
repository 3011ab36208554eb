import type postgres from 'postgres';

export interface Sums {
  requests: number;
  input: number;
  output: number;
  yuan: number;
  retries: number;
  uncharged: number;
  durations: number;
  seconds: number;
  firstTokens: number;
  firstTokenSeconds: number;
}

/** What the receipts say of all calls that had a hold, added up without any of what metrics are made of. */
export async function receiptSums(sql: postgres.Sql): Promise<Sums> {
  const [row] = await sql<Sums[]>`
    select count(*)::int as requests, coalesce(sum(prompt), 0)::int as input, coalesce(sum(output), 0)::int as output,
           coalesce(sum(cost), 0)::float8 / 1e6 as yuan, coalesce(sum(uncharged), 0)::int as uncharged,
           coalesce(sum(greatest(jsonb_array_length(attempts) - 1, 0)), 0)::int as retries,
           count(total_ms)::int as durations, coalesce(sum(total_ms), 0)::float8 / 1000 as seconds,
           count(first_token_ms)::int as "firstTokens", coalesce(sum(first_token_ms), 0)::float8 / 1000 as "firstTokenSeconds"
      from receipts where outcome <> 'void'`;
  return row!;
}

/** What the hourly roll-ups say of the same. */
export async function rollupSums(
  sql: postgres.Sql,
): Promise<Pick<Sums, 'requests' | 'input' | 'output' | 'yuan'>> {
  const [row] = await sql<Sums[]>`
    select coalesce(sum(requests + failed), 0)::int as requests, coalesce(sum(prompt), 0)::int as input,
           coalesce(sum(output), 0)::int as output, coalesce(sum(cost), 0)::float8 / 1e6 as yuan from rollups`;
  return row!;
}
