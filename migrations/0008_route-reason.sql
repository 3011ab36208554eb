-- What a call's last try says of why its upstream was chosen (`Because`, shared/routing/choose.ts), told apart in the totals. Consoles
-- of the version before add such rows up.
ALTER TABLE "metric_totals" ADD COLUMN "route_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "metric_totals" DROP CONSTRAINT "metric_totals_pk";--> statement-breakpoint
ALTER TABLE "metric_totals" ADD CONSTRAINT "metric_totals_pk" PRIMARY KEY("model","upstream","backend","operation","outcome","reason","route_reason");--> statement-breakpoint

-- As in 0006, and with the route's reason.
--
-- Adds the receipts that were closed since the last time to the totals and the buckets: about `most` of them, or as many as are
-- there. One transaction under one lock, so that each is counted once however many ask; who finds it taken is told `busy`.
--
-- A receipt bears the clock of its transaction, which may commit after one with a later clock. So nothing is counted that is
-- younger than `lag_ms`, nor than the oldest transaction that still may write.
--
-- What expired may be corrected for a while, and a counter cannot go down: it is counted when it was corrected, or when nobody
-- can any more.
CREATE OR REPLACE FUNCTION count_receipts_v1(most integer, lag_ms integer) RETURNS text LANGUAGE plpgsql
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
           c.outcome, coalesce(c.reason, '') AS reason,
           coalesce(c.attempts -> -1 ->> 'because', '') AS route_reason, c.prompt, c.output, c.cost, c.uncharged, c.excess,
           greatest(jsonb_array_length(c.attempts) - 1, 0) AS retries, c.first_token_ms, c.total_ms,
           CASE WHEN c.outcome = 'settled' AND coalesce(c.reason, 'stop') IN ('stop', 'length', 'tool-calls', 'content-filter') THEN ''
                ELSE coalesce(c.reason, c.outcome) END AS failure
      FROM closed c LEFT JOIN models m ON m.name = c.model LEFT JOIN upstreams u ON u.name = c.upstream
     WHERE c.outcome <> 'void'
  ), totals AS (
    INSERT INTO metric_totals AS t (model, upstream, backend, operation, outcome, reason, route_reason,
           requests, prompt, output, cost, uncharged, excess, retries)
    SELECT model, upstream, backend, operation, outcome, reason, route_reason,
           count(*), sum(prompt), sum(output), sum(cost), sum(uncharged), sum(excess), sum(retries)
      FROM calls GROUP BY model, upstream, backend, operation, outcome, reason, route_reason
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
