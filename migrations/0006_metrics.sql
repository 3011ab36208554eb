CREATE TABLE "ledger_checks" (
	"id" smallint PRIMARY KEY NOT NULL,
	"drift_rows" bigint NOT NULL,
	"checked_at" timestamp with time zone NOT NULL,
	"took_ms" integer NOT NULL,
	CONSTRAINT "ledger_checks_one_row" CHECK ("ledger_checks"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "metric_buckets" (
	"metric" text NOT NULL,
	"model" text NOT NULL,
	"upstream" text NOT NULL,
	"backend" text NOT NULL,
	"operation" text NOT NULL,
	"kind" text NOT NULL,
	"bucket" integer NOT NULL,
	"calls" bigint DEFAULT 0 NOT NULL,
	"sum" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "metric_buckets_pk" PRIMARY KEY("metric","model","upstream","backend","operation","kind","bucket")
);
--> statement-breakpoint
CREATE TABLE "metric_histograms" (
	"metric" text PRIMARY KEY NOT NULL,
	"bounds" bigint[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metric_progress" (
	"id" smallint PRIMARY KEY NOT NULL,
	"final_until" timestamp with time zone NOT NULL,
	"expired_until" timestamp with time zone NOT NULL,
	"caught_up_at" timestamp with time zone,
	CONSTRAINT "metric_progress_one_row" CHECK ("metric_progress"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "metric_totals" (
	"model" text NOT NULL,
	"upstream" text NOT NULL,
	"backend" text NOT NULL,
	"operation" text NOT NULL,
	"outcome" text NOT NULL,
	"reason" text NOT NULL,
	"requests" bigint DEFAULT 0 NOT NULL,
	"prompt" bigint DEFAULT 0 NOT NULL,
	"output" bigint DEFAULT 0 NOT NULL,
	"cost" bigint DEFAULT 0 NOT NULL,
	"uncharged" bigint DEFAULT 0 NOT NULL,
	"excess" bigint DEFAULT 0 NOT NULL,
	"retries" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "metric_totals_pk" PRIMARY KEY("model","upstream","backend","operation","outcome","reason")
);
--> statement-breakpoint
-- Writers of receipts wait while these are made: some seconds for millions of receipts. Where that is too long make them before, each
-- as CREATE INDEX CONCURRENTLY, which no migration can do, since all of them are one transaction (docs/metrics.md).
CREATE INDEX IF NOT EXISTS "receipts_closed" ON "receipts" USING btree ("closed_at");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "receipts_expired" ON "receipts" USING btree ("closed_at") WHERE not "receipts"."final";--> statement-breakpoint

INSERT INTO metric_progress (id, final_until, expired_until) VALUES (1, '-infinity', '-infinity');
--> statement-breakpoint
-- OpenTelemetry's buckets, longer at the end: a cold model takes minutes. Milliseconds, microseconds, tokens.
INSERT INTO metric_histograms (metric, bounds) VALUES
  ('duration', '{10,20,40,80,160,320,640,1280,2560,5120,10240,20480,40960,81920,163840,327680,655360,1310720}'),
  ('first_token', '{1,5,10,20,40,60,80,100,250,500,750,1000,2500,5000,7500,10000,20000,30000,60000,120000,300000}'),
  ('output_token', '{10000,25000,50000,75000,100000,150000,200000,300000,400000,500000,750000,1000000,2500000}'),
  ('tokens', '{1,4,16,64,256,1024,4096,16384,65536,262144,1048576,4194304,16777216,67108864}');
--> statement-breakpoint

-- Adds the receipts that were closed since the last time to the totals and the buckets: about `most` of them, or as many as are
-- there. One transaction under one lock, so that each is counted once however many ask; who finds it taken is told `busy`.
--
-- A receipt bears the clock of its transaction, which may commit after one with a later clock. So nothing is counted that is
-- younger than `lag_ms`, nor than the oldest transaction that still may write.
--
-- What expired may be corrected for a while, and a counter cannot go down: it is counted when it was corrected, or when nobody
-- can any more.
CREATE FUNCTION count_receipts_v1(most integer, lag_ms integer) RETURNS text LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off AS $$
DECLARE
  progress metric_progress; oldest timestamptz; horizon timestamptz; final_horizon timestamptz; expired_horizon timestamptz;
  next_final timestamptz; next_expired timestamptz; more boolean;
BEGIN
  SELECT * INTO progress FROM metric_progress FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN 'busy'; END IF;
  SELECT min(xact_start) INTO oldest FROM pg_stat_activity
   WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid();
  horizon := least(ledger_now() - lag_ms * interval '1 millisecond', oldest);
  final_horizon := greatest(horizon, progress.final_until);
  SELECT greatest(horizon - final_after_ms * interval '1 millisecond', progress.expired_until) INTO expired_horizon FROM ledger_policy;

  -- Up to the instant of the last one that is to be counted, with all of that instant: a batch of calls has one.
  SELECT closed_at INTO next_final FROM receipts
   WHERE closed_at > progress.final_until AND closed_at <= final_horizon ORDER BY closed_at OFFSET greatest(most, 1) - 1 LIMIT 1;
  SELECT closed_at INTO next_expired FROM receipts
   WHERE NOT final AND closed_at > progress.expired_until AND closed_at <= expired_horizon ORDER BY closed_at OFFSET greatest(most, 1) - 1 LIMIT 1;
  more := next_final < final_horizon IS TRUE OR next_expired < expired_horizon IS TRUE;
  next_final := coalesce(next_final, final_horizon); next_expired := coalesce(next_expired, expired_horizon);

  WITH closed AS (
    SELECT model, upstream, outcome, reason, prompt, output, cost, uncharged, excess, attempts, first_token_ms, total_ms FROM receipts
     WHERE final AND closed_at > progress.final_until AND closed_at <= next_final
    UNION ALL
    SELECT model, upstream, outcome, reason, prompt, output, cost, uncharged, excess, attempts, first_token_ms, total_ms FROM receipts
     WHERE NOT final AND closed_at > progress.expired_until AND closed_at <= next_expired
  ), calls AS MATERIALIZED (
    SELECT c.model, coalesce(c.upstream, '') AS upstream, coalesce(u.backend, '') AS backend,
           CASE m.kind WHEN 'embedding' THEN 'embeddings' ELSE 'chat' END AS operation,
           c.outcome, coalesce(c.reason, '') AS reason, c.prompt, c.output, c.cost, c.uncharged, c.excess,
           greatest(jsonb_array_length(c.attempts) - 1, 0) AS retries, c.first_token_ms, c.total_ms,
           CASE WHEN c.outcome = 'settled' AND coalesce(c.reason, 'stop') IN ('stop', 'length', 'tool-calls', 'content-filter') THEN ''
                ELSE coalesce(c.reason, c.outcome) END AS failure
      FROM closed c LEFT JOIN models m ON m.name = c.model LEFT JOIN upstreams u ON u.name = c.upstream
     WHERE c.outcome <> 'void'
  ), totals AS (
    INSERT INTO metric_totals AS t (model, upstream, backend, operation, outcome, reason, requests, prompt, output, cost, uncharged, excess, retries)
    SELECT model, upstream, backend, operation, outcome, reason, count(*), sum(prompt), sum(output), sum(cost), sum(uncharged), sum(excess), sum(retries)
      FROM calls GROUP BY model, upstream, backend, operation, outcome, reason
    ON CONFLICT ON CONSTRAINT metric_totals_pk DO UPDATE
       SET requests = t.requests + excluded.requests, prompt = t.prompt + excluded.prompt, output = t.output + excluded.output,
           cost = t.cost + excluded.cost, uncharged = t.uncharged + excluded.uncharged, excess = t.excess + excluded.excess,
           retries = t.retries + excluded.retries
  ), measured AS (
    SELECT m.metric, c.model, c.upstream, c.backend, c.operation, m.kind, m.value
      FROM calls c
     CROSS JOIN LATERAL (VALUES
       ('duration', c.failure, c.total_ms::bigint),
       ('first_token', '', c.first_token_ms::bigint),
       ('output_token', '', CASE WHEN c.output > 1 THEN (c.total_ms - c.first_token_ms) * 1000::bigint / (c.output - 1) END),
       ('tokens', 'input', nullif(c.prompt, 0)),
       ('tokens', 'output', nullif(c.output, 0))) AS m (metric, kind, value)
     WHERE m.value >= 0 -- nothing measured is null, and a router whose clock was set back has measured nothing
  )
  INSERT INTO metric_buckets AS b (metric, model, upstream, backend, operation, kind, bucket, calls, sum)
  -- A bucket has its greatest value in it, and values are whole.
  SELECT metric, model, upstream, backend, operation, kind, width_bucket(value - 1, h.bounds), count(*), sum(value)
    FROM measured JOIN metric_histograms h USING (metric)
   GROUP BY metric, model, upstream, backend, operation, kind, width_bucket(value - 1, h.bounds)
  ON CONFLICT ON CONSTRAINT metric_buckets_pk DO UPDATE SET calls = b.calls + excluded.calls, sum = b.sum + excluded.sum;

  UPDATE metric_progress SET final_until = next_final, expired_until = next_expired,
         caught_up_at = CASE WHEN more THEN caught_up_at ELSE coalesce(caught_up_at, ledger_now()) END;
  RETURN CASE WHEN more THEN 'more' ELSE 'done' END;
END $$;
