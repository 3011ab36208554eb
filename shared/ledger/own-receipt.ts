import { sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { instant } from '../tenancy/instant.ts';

/** What became of a call, as its consumer may see it. Null: not known yet, or never told. */
export type OwnReceipt = {
  requestId: string;
  model: string;
  status: 'settled' | 'released' | 'expired' | 'open';
  final: boolean;
  source: 'reported' | 'counted' | 'estimated' | null;
  promptEstimated: number;
  promptHeld: number;
  promptReported: number | null;
  promptCharged: number | null;
  outputHeld: number;
  outputReported: number | null;
  outputCounted: number | null;
  outputCharged: number | null;
  uncharged: number | null;
  /** Micro-yuan. */
  cost: number | null;
  /** Null: the model had none. */
  priceVersion: number | null;
  priceInput: number | null;
  priceOutput: number | null;
  /** The upstreams' names are the operator's; null for one that has left the catalog. */
  attempts: { upstreamId: number | null; failure: string | null }[];
  upstreamId: number | null;
  reason: string | null;
  endUser: string | null;
  tag: string | null;
  /** Null: it was given up before it was admitted. */
  admittedAt: string | null;
  closedAt: string | null;
  firstTokenMs: number | null;
  totalMs: number | null;
};

const FORM = /^(?:req_)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/**
 * The receipt of a call of this consumer, or its hold while it runs; undefined when there is none, or when it is another's.
 *
 * @param requestId as answers carry it, `req_…`, or as a UUID
 */
export async function ownReceipt(
  database: Database,
  consumerId: number,
  requestId: string,
): Promise<OwnReceipt | undefined> {
  if (!FORM.test(requestId)) return undefined;
  const id = requestId.replace(/^req_/i, '');
  // One statement sees one moment: a call that closes meanwhile is seen before or after, and never twice.
  const [receipt] = await database.read((db) =>
    db.execute<OwnReceipt>(sql`
      with call as (
        select request_id, consumer_id, model, price_version, prompt_est, prompt_held, out_held, end_user, tag, upstream, admitted_at,
               outcome, final, source, prompt_reported, prompt, output_reported, output_counted, output, uncharged, cost, attempts,
               reason, closed_at, first_token_ms, total_ms
          from receipts
        union all
        select request_id, consumer_id, model, price_version, prompt_est, prompt_held, out_held, end_user, tag, upstream, admitted_at,
               'open', false, null, null, null, null, progress, null, null, null, null, null, null, null, null
          from holds
      )
      select 'req_' || replace(request_id::text, '-', '') as "requestId", call.model,
             case outcome when 'void' then 'released' else outcome end as status, final, source,
             prompt_est::float8 as "promptEstimated", prompt_held::float8 as "promptHeld",
             prompt_reported::float8 as "promptReported", prompt::float8 as "promptCharged", out_held::float8 as "outputHeld",
             output_reported::float8 as "outputReported", output_counted::float8 as "outputCounted", call.output::float8 as "outputCharged",
             uncharged::float8, cost::float8, p.version as "priceVersion", p.input::float8 as "priceInput", p.output::float8 as "priceOutput",
             coalesce(tries.attempts, '[]') as attempts, u.id as "upstreamId", reason, end_user as "endUser", tag,
             case when outcome <> 'void' then ${instant(sql`admitted_at`)} end as "admittedAt", ${instant(sql`closed_at`)} as "closedAt",
             first_token_ms as "firstTokenMs", total_ms as "totalMs"
        from call
        left join prices p on p.model = call.model and p.version = call.price_version
        left join upstreams u on u.name = call.upstream
       cross join lateral (
         select jsonb_agg(jsonb_build_object('upstreamId', tried.id, 'failure', attempt ->> 'failure') order by n) as attempts
           from jsonb_array_elements(call.attempts) with ordinality as a (attempt, n)
           left join upstreams tried on tried.name = attempt ->> 'upstream'
       ) tries
       where request_id = ${id}::uuid and consumer_id = ${consumerId}`),
  );
  return receipt;
}
