import { sql } from 'drizzle-orm';
import { bigint, check, integer, pgTable, primaryKey, smallint, text, timestamp } from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true });
const counter = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);

/** What the series of one call have in common, as it was when the call was counted. No label has a caller's words. */
const series = {
  model: text().notNull(),
  /** Empty where none was asked. */
  upstream: text().notNull(),
  /** The kind of upstream; empty where it is not known any more. */
  backend: text().notNull(),
  operation: text({ enum: ['chat', 'embeddings'] }).notNull(),
};

/** One row, and the lock of whoever counts: receipts closed up to these instants are in the totals and the buckets. */
export const metricProgress = pgTable(
  'metric_progress',
  {
    id: smallint().primaryKey(),
    /** Of those that are final. */
    finalUntil: instant('final_until').notNull(),
    /** Of those that expired and that nobody may correct any more. */
    expiredUntil: instant('expired_until').notNull(),
    /** When it had first come to the newest; null: still at the receipts from before there were metrics. */
    caughtUpAt: instant('caught_up_at'),
  },
  (table) => [check('metric_progress_one_row', sql`${table.id} = 1`)],
);

/** Running totals of all receipts ever: they only grow. */
export const metricTotals = pgTable(
  'metric_totals',
  {
    ...series,
    outcome: text({ enum: ['settled', 'released', 'expired'] }).notNull(),
    /** A finish reason, or the code of a failure; empty where none was told. */
    reason: text().notNull(),
    /** Why its upstream was chosen; empty where none was, or where the router did not say it yet. */
    routeReason: text('route_reason').notNull().default(''),
    requests: counter('requests'),
    prompt: counter('prompt'),
    output: counter('output'),
    cost: counter('cost'),
    uncharged: counter('uncharged'),
    excess: counter('excess'),
    /** Tries at upstreams beyond the first. */
    retries: counter('retries'),
  },
  (table) => [
    primaryKey({
      name: 'metric_totals_pk',
      columns: [
        table.model,
        table.upstream,
        table.backend,
        table.operation,
        table.outcome,
        table.reason,
        table.routeReason,
      ],
    }),
  ],
);

/** What is measured of calls: the greatest value of each bucket but the last, in whole units. Never changed. */
export const metricHistograms = pgTable('metric_histograms', {
  metric: text({ enum: ['duration', 'first_token', 'output_token', 'tokens'] }).primaryKey(),
  bounds: bigint({ mode: 'number' }).array().notNull(),
});

/** How many calls fell into each bucket, ever. Buckets that none fell into have no row. */
export const metricBuckets = pgTable(
  'metric_buckets',
  {
    metric: text().notNull(),
    ...series,
    /** Of durations the code of a failure, of tokens `input` or `output`; else empty. */
    kind: text().notNull(),
    /** How many bounds are below the value. */
    bucket: integer().notNull(),
    calls: counter('calls'),
    /** Of their values, in the metric's unit. */
    sum: counter('sum'),
  },
  (table) => [
    primaryKey({
      name: 'metric_buckets_pk',
      columns: [
        table.metric,
        table.model,
        table.upstream,
        table.backend,
        table.operation,
        table.kind,
        table.bucket,
      ],
    }),
  ],
);

/** One row: what the last look at `ledger_drift` found. It reads all receipts, so no scrape does it. */
export const ledgerChecks = pgTable(
  'ledger_checks',
  {
    id: smallint().primaryKey(),
    driftRows: bigint('drift_rows', { mode: 'number' }).notNull(),
    checkedAt: instant('checked_at').notNull(),
    tookMs: integer('took_ms').notNull(),
  },
  (table) => [check('ledger_checks_one_row', sql`${table.id} = 1`)],
);
