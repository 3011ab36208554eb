import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';

interface Series {
  model: string;
  upstream: string;
  backend: string;
  operation: string;
}

/** Sums of all calls of one kind that were ever counted. */
export type Total = Series & {
  outcome: 'settled' | 'released' | 'expired';
  /** A finish reason, or the code of a failure; may be empty. */
  reason: string;
  /** Why its upstream was chosen; may be empty. */
  route_reason: string;
} & Record<'requests' | 'prompt' | 'output' | 'cost' | 'uncharged' | 'excess' | 'retries', number>;

export type Measure = 'duration' | 'first_token' | 'output_token' | 'tokens';

export type Histogram = Series & {
  metric: Measure;
  /** Of durations the code of a failure, of tokens `input` or `output`; else empty. */
  kind: string;
  /** In ms, µs (`output_token`) or tokens. */
  bounds: number[];
  /** Calls by bucket, each without those of the ones before; the last is of what is above all bounds. */
  calls: number[];
  sum: number;
};

export interface Counts {
  /** Empty until the receipts from before there were metrics have all been counted. */
  totals: Total[];
  histograms: Histogram[];
  /** Everything that was closed up to this instant (Unix time, s) is counted; null = nothing yet. */
  countedUntil: number | null;
}

/** All counts as they stand, in one snapshot. */
export async function readCounts(db: Drizzle): Promise<Counts> {
  const [row] = await db.execute<CountsRow>(sql`
    select coalesce((select jsonb_agg(to_jsonb(t) order by model, upstream, backend, operation, outcome, reason, route_reason)
                       from metric_totals t), '[]') as totals,
           coalesce((select jsonb_agg(to_jsonb(b) order by metric, model, upstream, backend, operation, kind, bucket)
                       from metric_buckets b), '[]') as buckets,
           (select jsonb_object_agg(metric, bounds) from metric_histograms) as bounds,
           extract(epoch from final_until)::float8 as until
      from metric_progress where caught_up_at is not null`);
  return {
    totals: row?.totals ?? [],
    histograms: row ? histogramsIn(row) : [],
    countedUntil: row?.until ?? null,
  };
}

type BucketRow = Omit<Histogram, 'calls' | 'bounds'> & { bucket: number; calls: number };

type CountsRow = {
  totals: Total[];
  buckets: BucketRow[];
  bounds: Record<Measure, number[]>;
  until: number | null;
};

function histogramsIn({ buckets, bounds }: CountsRow): Histogram[] {
  const histograms = new Map<string, Histogram>();
  for (const { bucket, calls, sum, ...series } of buckets) {
    const id = Object.values(series).join('\0');
    const empty = () => new Array<number>(bounds[series.metric].length + 1).fill(0);
    const histogram = histograms.get(id) ?? {
      ...series,
      bounds: bounds[series.metric],
      calls: empty(),
      sum: 0,
    };
    histogram.calls[bucket]! += calls;
    histogram.sum += sum;
    histograms.set(id, histogram);
  }
  return [...histograms.values()];
}
