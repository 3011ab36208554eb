-- The ledger's calls: admit, settle, renew, sweep. One call is one round trip is one transaction; each takes many
-- requests at once. Inside: lock, read the clock, decide, write each row once. The order of locks is the same
-- everywhere: limits by (depth descending, id), then holds, receipts and roll-ups by their keys.
--
-- Their plans are made once a connection, and only of look-ups by index: when a plan is made a table may be empty, and when it
-- runs the table may be long. No compilation: servers before 18 count a plan that had to read a table of one row, though told not to, as dear beyond measure.

-- What is added to one window of one limit.
CREATE TYPE ledger_delta AS (limit_id integer, start timestamptz, used bigint, held bigint, tat_us bigint);
--> statement-breakpoint

-- How one open hold ends.
CREATE TYPE ledger_closing AS (
  request_id uuid, outcome text, final boolean, source text, prompt bigint, output bigint,
  prompt_reported bigint, output_reported bigint, output_counted bigint,
  upstream text, attempts jsonb, reason text, first_token_ms integer, total_ms integer, hold_lost boolean);
--> statement-breakpoint

-- Micro-yuan for tokens, rounded up once for the whole call.
CREATE FUNCTION cost_of(prompt bigint, output bigint, price_in bigint, price_out bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN coalesce(price_in, 0) = 0 AND coalesce(price_out, 0) = 0 THEN 0
         ELSE ceil((prompt::numeric * coalesce(price_in, 0) + output::numeric * coalesce(price_out, 0)) / 1000000)::bigint END
$$;
--> statement-breakpoint

-- The time that units take out of a rate's minute, in µs. The clamp keeps the product within a bigint.
CREATE FUNCTION rate_us(units bigint, amount bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN amount = 0 THEN 0 ELSE (least(units, 100000000000) * 60000000 + amount - 1) / amount END
$$;
--> statement-breakpoint

-- By how much a rate's clock moves when the truth is known. Asking cannot be undone: of a rate, a request that failed stays
-- counted, its tokens do not. What comes back late comes back less: the time that has passed since has given it back already.
CREATE FUNCTION rate_moved(was bigint, truth bigint, amount bigint, admitted_at timestamptz, at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT greatest(rate_us(truth, amount) - rate_us(was, amount),
                  -greatest(60000000 - floor(extract(epoch FROM at - admitted_at) * 1000000)::bigint, 0))
$$;
--> statement-breakpoint

-- Locks limits in the one order. What is read afterwards, in a new statement, is of after the lock.
CREATE FUNCTION lock_limits(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM limits WHERE id = ANY (ids) ORDER BY depth DESC, id FOR NO KEY UPDATE;
END $$;
--> statement-breakpoint

-- Leaves the windows that are over: what they hold and have used stays with them. A window is never entered again,
-- so a clock that is set back changes nothing, and no window begins before the last one has ended.
CREATE FUNCTION leave_windows(ids integer[], at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM limits WHERE id = ANY (ids) AND ends_at <= at) THEN RETURN; END IF;
  INSERT INTO windows AS w (limit_id, starts_at, ends_at, used, held, peak, carried)
  SELECT id, starts_at, ends_at, used, held, peak, carried FROM limits
   WHERE id = ANY (ids) AND ends_at <= at AND (used <> 0 OR held <> 0 OR carried <> 0)
  ON CONFLICT (limit_id, starts_at) DO UPDATE
     SET used = w.used + excluded.used, held = w.held + excluded.held, carried = w.carried + excluded.carried,
         peak = greatest(w.peak, excluded.peak);
  UPDATE limits l
     SET starts_at = greatest(around.starts, l.ends_at), ends_at = around.ends, used = 0, held = 0, carried = 0, peak = l.amount
    FROM limits old
    JOIN consumers c ON c.id = coalesce(old.consumer_id, (SELECT k.consumer_id FROM keys k WHERE k.id = old.key_id))
   CROSS JOIN LATERAL window_around(old.win, c.time_zone, at) around
   WHERE l.id = old.id AND old.id = ANY (ids) AND old.ends_at <= at;
END $$;
--> statement-breakpoint

-- Adds to windows, those that were left as well as those under way. The limits are locked.
CREATE FUNCTION apply_deltas(deltas ledger_delta[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE current integer;
BEGIN
  UPDATE limits l
     SET used = l.used + d.used, held = l.held + d.held, tat_us = l.tat_us + d.tat_us
    FROM unnest(deltas) d
   WHERE l.id = d.limit_id AND l.starts_at = d.start;
  GET DIAGNOSTICS current = ROW_COUNT;
  IF current = cardinality(deltas) THEN RETURN; END IF;
  INSERT INTO windows AS w (limit_id, starts_at, ends_at, used, held, peak)
  SELECT l.id, d.start, (window_around(l.win, c.time_zone, d.start)).ends, d.used, d.held, l.amount
    FROM unnest(deltas) d
    JOIN limits l ON l.id = d.limit_id AND l.starts_at <> d.start
    JOIN consumers c ON c.id = coalesce(l.consumer_id, (SELECT k.consumer_id FROM keys k WHERE k.id = l.key_id))
   ORDER BY l.id, d.start
  ON CONFLICT (limit_id, starts_at) DO UPDATE SET used = w.used + excluded.used, held = w.held + excluded.held;
END $$;
--> statement-breakpoint

-- Adds receipts that were just written, and corrections of older ones, to the roll-ups: all in one statement and in the order of
-- their keys, since tenants without limits have nothing else in which order they could queue.
CREATE FUNCTION roll_up(ids uuid[], corrections rollups[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO rollups AS u (hour, consumer_id, key_id, model, upstream, requests, failed, prompt, output, cost,
      reported, reported_prompt, reported_output, latin, cjk, other, messages, images, output_ms, timed_output)
  SELECT hour, consumer_id, key_id, model, upstream, sum(requests), sum(failed), sum(prompt), sum(output), sum(cost),
         coalesce(sum(reported), 0), coalesce(sum(reported_prompt), 0), coalesce(sum(reported_output), 0), coalesce(sum(latin), 0),
         coalesce(sum(cjk), 0), coalesce(sum(other), 0), coalesce(sum(messages), 0), coalesce(sum(images), 0),
         coalesce(sum(output_ms), 0), coalesce(sum(timed_output), 0)
    FROM (
      SELECT date_trunc('hour', r.admitted_at, 'UTC') AS hour, r.consumer_id, r.key_id, r.model, coalesce(r.upstream, '') AS upstream,
             is_charged::int AS requests, (NOT is_charged)::int AS failed, r.prompt, r.output, r.cost,
             learnt AS reported, learnt * r.prompt_reported AS reported_prompt, learnt * r.output_reported AS reported_output,
             learnt * r.latin AS latin, learnt * r.cjk AS cjk, learnt * r.other AS other, learnt * r.messages AS messages, learnt * r.images AS images,
             timed * (r.total_ms - r.first_token_ms) AS output_ms, timed * r.output_reported AS timed_output
        FROM receipts r
       CROSS JOIN LATERAL (SELECT r.outcome = 'settled' OR r.outcome = 'expired' AND NOT r.final AS is_charged) charged
       CROSS JOIN LATERAL (SELECT CASE WHEN is_charged AND r.source = 'reported' THEN 1 END AS learnt,
                                  CASE WHEN is_charged AND r.source = 'reported' AND r.total_ms > r.first_token_ms THEN 1 END AS timed) calibration
       WHERE r.request_id = ANY (ids)
       UNION ALL
      SELECT hour, consumer_id, key_id, model, upstream, requests, failed, prompt, output, cost,
             NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM unnest(corrections)
    ) news
   GROUP BY hour, consumer_id, key_id, model, upstream
   ORDER BY hour, consumer_id, key_id, model, upstream
  ON CONFLICT (hour, consumer_id, key_id, model, upstream) DO UPDATE
     SET requests = u.requests + excluded.requests, failed = u.failed + excluded.failed, prompt = u.prompt + excluded.prompt,
         output = u.output + excluded.output, cost = u.cost + excluded.cost, reported = u.reported + excluded.reported,
         reported_prompt = u.reported_prompt + excluded.reported_prompt, reported_output = u.reported_output + excluded.reported_output,
         latin = u.latin + excluded.latin, cjk = u.cjk + excluded.cjk, other = u.other + excluded.other,
         messages = u.messages + excluded.messages, images = u.images + excluded.images,
         output_ms = u.output_ms + excluded.output_ms, timed_output = u.timed_output + excluded.timed_output
$$;
--> statement-breakpoint

-- Closes open holds: receipts and counters, each row once; the roll-ups are left to the caller. What has no open hold is left out.
-- The limits of the holds' lines are locked.
CREATE FUNCTION close_holds(closings ledger_closing[], at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE deltas ledger_delta[];
BEGIN
  WITH gone AS (
    DELETE FROM holds h USING unnest(closings) c WHERE h.request_id = c.request_id
    RETURNING h.*, c.outcome, c.final, c.source, c.prompt AS true_prompt, c.output AS true_output, c.prompt_reported,
              c.output_reported, c.output_counted, coalesce(c.upstream, h.upstream) AS answered_by, c.attempts, c.reason,
              c.first_token_ms, c.total_ms, coalesce(c.hold_lost, false) AS hold_lost,
              c.outcome = 'settled' OR c.outcome = 'expired' AND NOT c.final AS is_charged
  ), charged AS (
    SELECT g.*, tokens.*, cost_of(tokens.prompt, tokens.output, p.input, p.output) AS cost
      FROM gone g
      LEFT JOIN prices p ON p.model = g.model AND p.version = g.price_version
     CROSS JOIN LATERAL (
       SELECT CASE WHEN NOT g.is_charged THEN 0 WHEN g.strict THEN least(g.true_prompt, g.prompt_held) ELSE g.true_prompt END AS prompt,
              CASE WHEN NOT g.is_charged THEN 0 ELSE least(g.true_output, g.out_held) END AS output
     ) tokens
  ), lines AS (
    SELECT g.request_id, line.n, line.limit_id, line.start, line.amount AS taken, l.win, l.amount, g.forced, g.admitted_at,
           CASE l.metric WHEN 'requests' THEN g.is_charged::int WHEN 'tokens' THEN g.prompt + g.output WHEN 'cost' THEN g.cost ELSE 0 END AS truth,
           l.metric = 'requests' AS is_count
      FROM charged g
     CROSS JOIN unnest(g.line_limit, g.line_start, g.line_amount) WITH ORDINALITY AS line (limit_id, start, amount, n)
      JOIN limits l ON l.id = line.limit_id
  ), booked AS (
    SELECT request_id, array_agg(CASE win WHEN 'minute' THEN taken WHEN 'open' THEN 0 ELSE truth END ORDER BY n) AS amounts,
           array_agg(CASE WHEN win IN ('minute', 'open') THEN 0 WHEN forced THEN truth ELSE greatest(truth - taken, 0) END ORDER BY n) AS excesses
      FROM lines GROUP BY request_id
  ), receipt AS (
    INSERT INTO receipts (request_id, router_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held,
        strict, latin, cjk, other, messages, images, end_user, tag, upstream, forced, admitted_at, line_limit, line_start, line_amount,
        line_excess, outcome, final, source, prompt_reported, output_reported, output_counted, prompt, output, cost, excess, uncharged,
        hold_lost, reason, attempts, first_token_ms, total_ms, closed_at)
    SELECT request_id, router_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held,
           strict, latin, cjk, other, messages, images, end_user, tag, answered_by, forced, admitted_at, line_limit, line_start,
           coalesce(amounts, '{}'), coalesce(excesses, '{}'), outcome, final, source, prompt_reported, output_reported, output_counted,
           prompt, output, cost, greatest(prompt - prompt_held, 0),
           CASE WHEN is_charged THEN true_prompt - prompt + true_output - output ELSE 0 END,
           hold_lost, reason, coalesce(attempts, '[]'), first_token_ms, total_ms, at
      FROM charged LEFT JOIN booked USING (request_id)
     ORDER BY request_id
  ), summed AS (
    SELECT limit_id, start,
           sum(CASE WHEN win IN ('minute', 'open') THEN 0 ELSE truth END)::bigint AS used,
           -sum(CASE WHEN win = 'minute' THEN 0 ELSE taken END)::bigint AS held,
           sum(CASE WHEN win <> 'minute' OR is_count THEN 0 ELSE rate_moved(taken, truth, amount, admitted_at, at) END)::bigint AS tat_us
      FROM lines GROUP BY limit_id, start
  )
  SELECT array_agg(ROW (limit_id, start, used, held, tat_us)::ledger_delta) INTO deltas FROM summed;
  IF deltas IS NOT NULL THEN PERFORM apply_deltas(deltas); END IF;
END $$;
--> statement-breakpoint

-- The holds of these roots whose lease is over for long enough, the oldest first. Nothing expires soon after the start of
-- the server: while it was away no router could renew.
CREATE FUNCTION expired_holds(roots integer[], most integer, at timestamptz) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$
DECLARE policy ledger_policy; root integer; found uuid[]; ids uuid[] := '{}';
BEGIN
  SELECT * INTO policy FROM ledger_policy;
  IF at <= pg_postmaster_start_time() + policy.restart_grace_ms * interval '1 millisecond' THEN RETURN ids; END IF;
  -- Root by root in the order of the index: only such a scan marks the entries of closed holds, so that the next one skips them.
  FOREACH root IN ARRAY coalesce(roots, '{}') LOOP
    SELECT array_agg(request_id) INTO found FROM (
      SELECT h.request_id FROM holds h WHERE h.root_id = root AND h.lease_end < at - policy.expiry_grace_ms * interval '1 millisecond'
       ORDER BY h.root_id, h.lease_end LIMIT most - cardinality(ids)) expired;
    ids := ids || coalesce(found, '{}');
    EXIT WHEN cardinality(ids) >= most;
  END LOOP;
  RETURN ids;
END $$;
--> statement-breakpoint

-- Closes holds that nobody came back for, if they are still expired now that they are locked. What they cost does not
-- depend on when this happens: nothing if no upstream was asked; else the prompt's estimate, what the router last told, and
-- at most one more renewal interval at the model's usual speed.
CREATE FUNCTION expire_holds(ids uuid[], at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE closings ledger_closing[];
BEGIN
  SELECT array_agg(ROW (h.request_id, 'expired', NOT h.started, 'estimated', h.prompt_est,
           least(h.out_held, h.progress + CASE WHEN h.first_token THEN
             floor(h.rate * least(h.interval_ms, extract(epoch FROM h.lease_end - h.renewed_at) * 1000) / 1000000)::bigint ELSE 0 END),
           NULL, NULL, h.progress, h.upstream, NULL, 'router_lost', NULL, NULL, false)::ledger_closing)
    INTO closings
    FROM (SELECT e.* FROM holds e, ledger_policy p
           WHERE e.request_id = ANY (ids) AND e.lease_end < at - p.expiry_grace_ms * interval '1 millisecond'
           ORDER BY e.request_id FOR UPDATE OF e SKIP LOCKED) h;
  IF closings IS NULL THEN RETURN 0; END IF;
  PERFORM close_holds(closings, at);
  PERFORM roll_up(ARRAY(SELECT c.request_id FROM unnest(closings) c), '{}');
  RETURN cardinality(closings);
END $$;
--> statement-breakpoint

-- Puts back holds that a failover of the database lost, from what their routers still know, even above an amount:
-- their calls are under way. The limits of their lines are locked.
CREATE FUNCTION put_back(calls jsonb[], at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE deltas ledger_delta[];
BEGIN
  WITH back AS (
    INSERT INTO holds (request_id, router_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held,
        strict, latin, cjk, other, messages, images, end_user, tag, rate, admitted_at, line_limit, line_start, line_amount,
        forced, started, interval_ms, renewed_at, lease_end)
    SELECT c.id, c.router, c.key, e.consumer_id, e.root_id, c.model, e.price_version, e.prompt_est, e.prompt_held, e.out_held,
           e.strict, coalesce(c.latin, 0), coalesce(c.cjk, 0), coalesce(c.other, 0), coalesce(c.messages, 0), coalesce(c.images, 0),
           c."endUser", c.tag, e.rate, e.admitted_at, e.line_limit, e.line_start, e.line_amount, true, true, 1000, at, at + interval '10 seconds'
      FROM (SELECT DISTINCT ON (call ->> 'id') call FROM unnest(calls) call ORDER BY call ->> 'id') once
     CROSS JOIN LATERAL jsonb_to_record(call) AS c (id uuid, router uuid, key integer, model text, latin integer, cjk integer, other integer,
                                                    messages integer, images integer, "endUser" text, tag text)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::holds, call -> 'echo') e
     WHERE NOT EXISTS (SELECT FROM receipts r WHERE r.request_id = c.id)
    ON CONFLICT (request_id) DO NOTHING
    RETURNING *
  ), summed AS (
    SELECT line.limit_id, line.start, sum(CASE WHEN l.win = 'minute' THEN 0 ELSE line.amount END)::bigint AS held,
           sum(CASE WHEN l.win = 'minute' THEN rate_us(line.amount, l.amount) ELSE 0 END)::bigint AS tat_us
      FROM back b
     CROSS JOIN unnest(b.line_limit, b.line_start, b.line_amount) AS line (limit_id, start, amount)
      JOIN limits l ON l.id = line.limit_id
     GROUP BY 1, 2
  )
  SELECT array_agg(ROW (limit_id, start, 0, held, tat_us)::ledger_delta) INTO deltas FROM summed;
  IF deltas IS NULL THEN RETURN; END IF;
  -- A roll-over that was lost with the holds happens again first.
  PERFORM leave_windows(ARRAY[l.id], d.start) FROM unnest(deltas) d JOIN limits l ON l.id = d.limit_id AND l.ends_at <= d.start;
  PERFORM apply_deltas(deltas);
END $$;
--> statement-breakpoint

-- Expires up to `most` holds of one root; 0 when there is nothing to expire.
CREATE FUNCTION sweep_v1(most integer) RETURNS integer LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE ids uuid[] := '{}'; root integer := -1; lines integer[];
BEGIN
  WHILE cardinality(ids) = 0 LOOP
    SELECT h.root_id INTO root FROM holds h WHERE h.root_id > root ORDER BY h.root_id LIMIT 1;
    IF NOT FOUND THEN RETURN 0; END IF;
    ids := expired_holds(ARRAY[root], most, ledger_now());
  END LOOP;
  SELECT array_agg(DISTINCT line.id) INTO lines FROM holds h, unnest(h.line_limit) AS line (id) WHERE h.request_id = ANY (ids);
  PERFORM lock_limits(lines);
  RETURN expire_holds(ids, ledger_now());
END $$;
--> statement-breakpoint

-- Corrects a receipt that expired to the truth, once, in the windows of its admission: down always, up only as far as
-- every budget on its path has room; what has none is shown as uncharged. Returns what changes in its roll-up. The limits of its
-- lines are locked.
CREATE FUNCTION correct_receipt(r receipts, c ledger_closing, at timestamptz) RETURNS rollups LANGUAGE plpgsql AS $$
DECLARE
  is_charged boolean := c.outcome = 'settled';
  new_prompt bigint := CASE WHEN NOT is_charged THEN 0 WHEN r."strict" THEN least(c.prompt, r.prompt_held) ELSE c.prompt END;
  new_output bigint := CASE WHEN is_charged THEN least(c.output, r.out_held) ELSE 0 END;
  price prices; line record; room_tokens numeric; money numeric;
  amounts bigint[] := '{}'; excesses bigint[] := '{}'; deltas ledger_delta[] := '{}'; truth bigint; new_cost bigint; was bigint; change rollups;
BEGIN
  SELECT * INTO price FROM prices p WHERE p.model = r.model AND p.version = r.price_version;
  -- The least room of all that count the same. Tokens of the prompt come first, since they were worked on first.
  SELECT min(room) FILTER (WHERE metric = 'tokens'), min(room) FILTER (WHERE metric = 'cost') * 1000000
    INTO room_tokens, money
    FROM (SELECT l.metric, r.line_amount[n] + greatest(CASE WHEN l.starts_at = r.line_start[n] THEN l.amount - l.used - l.held
                                                       ELSE w.peak - w.used - w.held END, 0)::numeric AS room
            FROM generate_subscripts(r.line_limit, 1) n
            JOIN limits l ON l.id = r.line_limit[n] AND l.win NOT IN ('minute', 'open')
            LEFT JOIN windows w ON w.limit_id = l.id AND w.starts_at = r.line_start[n]) lines;
  new_prompt := least(new_prompt, room_tokens, floor(money / nullif(price.input, 0)));
  new_output := least(new_output, room_tokens - new_prompt, floor((money - new_prompt * coalesce(price.input, 0)) / nullif(price.output, 0)));
  new_cost := cost_of(new_prompt, new_output, price.input, price.output);
  FOR line IN
    SELECT l.id, l.metric, l.win, l.amount, r.line_start[n] AS start, r.line_amount[n] AS booked, r.line_excess[n] AS excess
      FROM generate_subscripts(r.line_limit, 1) n JOIN limits l ON l.id = r.line_limit[n] ORDER BY n
  LOOP
    truth := CASE line.metric WHEN 'requests' THEN is_charged::int WHEN 'tokens' THEN new_prompt + new_output WHEN 'cost' THEN new_cost ELSE 0 END;
    IF line.win IN ('minute', 'open') THEN
      was := CASE line.metric WHEN 'tokens' THEN r.prompt + r.output WHEN 'cost' THEN r.cost ELSE truth END;
      amounts := amounts || line.booked; excesses := excesses || line.excess;
      deltas := deltas || ROW (line.id, line.start, 0, 0, rate_moved(was, truth, line.amount, r.admitted_at, at))::ledger_delta;
    ELSE
      amounts := amounts || truth; excesses := excesses || CASE WHEN r.forced THEN truth ELSE least(line.excess, truth) END;
      deltas := deltas || ROW (line.id, line.start, truth - line.booked, 0, 0)::ledger_delta;
    END IF;
  END LOOP;
  PERFORM apply_deltas(deltas);
  UPDATE receipts t
     SET outcome = c.outcome, final = true, source = c.source, prompt_reported = c.prompt_reported, output_reported = c.output_reported,
         output_counted = c.output_counted, prompt = new_prompt, output = new_output, cost = new_cost,
         excess = greatest(new_prompt - r.prompt_held, 0),
         uncharged = CASE WHEN is_charged THEN c.prompt - new_prompt + c.output - new_output ELSE 0 END,
         line_amount = amounts, line_excess = excesses, reason = c.reason, attempts = coalesce(c.attempts, '[]'),
         first_token_ms = c.first_token_ms, total_ms = c.total_ms, closed_at = at
   WHERE t.request_id = r.request_id;
  change.hour := date_trunc('hour', r.admitted_at, 'UTC'); change.consumer_id := r.consumer_id; change.key_id := r.key_id;
  change.model := r.model; change.upstream := coalesce(r.upstream, '');
  change.requests := -(NOT is_charged)::int; change.failed := (NOT is_charged)::int;
  change.prompt := new_prompt - r.prompt; change.output := new_output - r.output; change.cost := new_cost - r.cost;
  RETURN change;
END $$;
--> statement-breakpoint

-- Settles and releases. The receipt, unique by request id, is the only judge: what is final stays.
CREATE FUNCTION settle_v1(calls jsonb) RETURNS jsonb LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
  at timestamptz; ids uuid[]; states text[]; lines integer[]; lost jsonb[]; lost_ids uuid[] := '{}';
  closings ledger_closing[]; open ledger_closing[]; expired receipts; changes rollups[] := '{}'; voids uuid[]; written integer; result jsonb;
BEGIN
  SELECT array_agg(id ORDER BY n) INTO ids
    FROM ROWS FROM (jsonb_to_recordset(calls) AS (id uuid)) WITH ORDINALITY AS q (id, n);
  -- Without locks: what has to be locked. A hold that is swept meanwhile leaves a receipt with the same lines.
  SELECT array_agg(DISTINCT line) INTO lines FROM (
    SELECT unnest(line_limit) FROM holds WHERE request_id = ANY (ids)
    UNION ALL SELECT unnest(line_limit) FROM receipts WHERE request_id = ANY (ids) AND NOT final
    UNION ALL SELECT jsonb_array_elements_text(e -> 'echo' -> 'line_limit')::integer FROM jsonb_array_elements(calls) e WHERE e ? 'echo'
  ) l (line);
  PERFORM lock_limits(lines);
  PERFORM 1 FROM holds WHERE request_id = ANY (ids) ORDER BY request_id FOR UPDATE;
  PERFORM 1 FROM receipts WHERE request_id = ANY (ids) AND NOT final ORDER BY request_id FOR UPDATE;
  at := ledger_now();

  SELECT array_agg(e) INTO lost FROM jsonb_array_elements(calls) e
   WHERE e ->> 'outcome' = 'settled' AND jsonb_typeof(e -> 'echo') = 'object'
     AND NOT EXISTS (SELECT FROM holds h WHERE h.request_id = (e ->> 'id')::uuid);
  IF lost IS NOT NULL THEN
    PERFORM put_back(lost, at);
    SELECT array_agg((e ->> 'id')::uuid) INTO lost_ids FROM unnest(lost) e;
  END IF;

  SELECT array_agg(CASE WHEN q.n > q.first AND (h.request_id IS NOT NULL OR r.request_id IS NOT NULL OR q.first_outcome = 'released') THEN 'final'
                        WHEN h.request_id IS NOT NULL THEN 'closed'
                        WHEN r.final OR r.closed_at <= at - p.final_after_ms * interval '1 millisecond' THEN 'final'
                        WHEN r.request_id IS NOT NULL THEN 'corrected'
                        WHEN q.outcome = 'released' THEN 'void' ELSE 'unknown' END ORDER BY q.n),
         array_agg(ROW (q.id, q.outcome, true, q.source, greatest(q.prompt, 0), greatest(q.output, 0), q."promptReported", q."outputReported",
                        q."outputCounted", q.upstream, q.attempts, q.reason, q."firstTokenMs", q."totalMs", q.id = ANY (lost_ids))::ledger_closing ORDER BY q.n)
    INTO states, closings
    FROM (SELECT *, min(n) OVER same AS first, first_value(outcome) OVER (same ORDER BY n) AS first_outcome
            FROM ROWS FROM (jsonb_to_recordset(calls) AS (
                   id uuid, outcome text, source text, prompt bigint, output bigint, "promptReported" bigint, "outputReported" bigint,
                   "outputCounted" bigint, upstream text, attempts jsonb, reason text, "firstTokenMs" integer, "totalMs" integer, echo jsonb))
                 WITH ORDINALITY AS q (id, outcome, source, prompt, output, "promptReported", "outputReported", "outputCounted", upstream,
                                       attempts, reason, "firstTokenMs", "totalMs", echo, n)
          WINDOW same AS (PARTITION BY id)) q
    LEFT JOIN holds h ON h.request_id = q.id
    LEFT JOIN receipts r ON r.request_id = q.id
   CROSS JOIN ledger_policy p;

  -- One that was admitted since we looked counts against limits that are not locked: this batch looks again.
  IF EXISTS (SELECT FROM holds h WHERE h.request_id = ANY (ids) AND NOT h.line_limit <@ coalesce(lines, '{}')) THEN
    RAISE EXCEPTION 'a call was admitted while it was closed' USING errcode = 'serialization_failure';
  END IF;

  SELECT array_agg(closings[i]) INTO open FROM generate_subscripts(closings, 1) i WHERE states[i] = 'closed';
  IF open IS NOT NULL THEN PERFORM close_holds(open, at); END IF;

  FOR i IN 1 .. cardinality(states) LOOP
    CONTINUE WHEN states[i] <> 'corrected';
    SELECT * INTO expired FROM receipts WHERE request_id = closings[i].request_id;
    changes := changes || correct_receipt(expired, closings[i], at);
  END LOOP;
  PERFORM roll_up(ARRAY(SELECT c.request_id FROM unnest(open) c), changes);

  -- A release of what never was: should its admission still arrive, it finds this and is refused. An admission that is being
  -- written is waited for at the index of the holds; then there was something, and this batch looks again.
  IF 'void' = ANY (states) THEN
    SELECT array_agg(DISTINCT closings[i].request_id) INTO voids FROM generate_subscripts(states, 1) i WHERE states[i] = 'void';
    INSERT INTO holds (request_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held, strict, latin, cjk,
        other, messages, images, admitted_at, line_limit, line_start, line_amount, rate, interval_ms, renewed_at, lease_end)
    SELECT id, 0, 0, 0, '', 0, 0, 0, 0, false, 0, 0, 0, 0, 0, at, '{}', '{}', '{}', 0, 0, at, at FROM unnest(voids) id ORDER BY id
    ON CONFLICT (request_id) DO NOTHING;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < cardinality(voids) THEN
      RAISE EXCEPTION 'a call was admitted while it was released' USING errcode = 'serialization_failure';
    END IF;
    DELETE FROM holds WHERE request_id = ANY (voids);
    INSERT INTO receipts (request_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held, strict,
        latin, cjk, other, messages, images, admitted_at, line_limit, line_start, line_amount, line_excess, outcome, final, source, reason, closed_at)
    SELECT id, coalesce(key, 0), coalesce(consumer, 0), coalesce((SELECT root_id FROM consumers c WHERE c.id = q.consumer), 0), coalesce(model, ''),
           0, 0, 0, 0, false, 0, 0, 0, 0, 0, at, '{}', '{}', '{}', '{}', 'void', true, 'counted', reason, at
      FROM ROWS FROM (jsonb_to_recordset(calls) AS (id uuid, key integer, consumer integer, model text, reason text))
           WITH ORDINALITY AS q (id, key, consumer, model, reason, n)
     WHERE states[n] = 'void'
     ORDER BY id
    ON CONFLICT (request_id) DO NOTHING;
  END IF;

  SELECT jsonb_agg(jsonb_build_object('state', CASE states[n] WHEN 'void' THEN 'closed' ELSE states[n] END, 'outcome', r.outcome,
                     'prompt', r.prompt, 'output', r.output, 'cost', r.cost) ORDER BY n)
    INTO result
    FROM unnest(ids) WITH ORDINALITY AS q (id, n) LEFT JOIN receipts r ON r.request_id = q.id;
  RETURN result;
END $$;
--> statement-breakpoint

-- Lengthens the leases of holds, with what their routers know. One that is closed has gone: its router must end the call.
CREATE FUNCTION renew_v1(calls jsonb) RETURNS jsonb LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE at timestamptz; result jsonb;
BEGIN
  PERFORM 1 FROM holds WHERE request_id IN (SELECT id FROM jsonb_to_recordset(calls) AS q (id uuid)) ORDER BY request_id FOR UPDATE;
  at := ledger_now();
  UPDATE holds h
     SET started = h.started OR q.started, upstream = coalesce(q.upstream, h.upstream), progress = greatest(h.progress, q.progress),
         first_token = h.first_token OR q."firstToken", interval_ms = q."intervalMs", renewed_at = at,
         lease_end = at + greatest(10000, 3 * q."intervalMs") * interval '1 millisecond'
    FROM (SELECT id, bool_or(started) AS started, max(upstream) AS upstream, max(progress) AS progress,
                 bool_or("firstToken") AS "firstToken", max("intervalMs") AS "intervalMs"
            FROM jsonb_to_recordset(calls) AS q (id uuid, started boolean, upstream text, progress bigint,
              "firstToken" boolean, "intervalMs" integer) GROUP BY id) q
   WHERE h.request_id = q.id;
  SELECT jsonb_agg(CASE WHEN EXISTS (SELECT FROM holds h WHERE h.request_id = q.id) THEN 'renewed'
                        WHEN EXISTS (SELECT FROM receipts r WHERE r.request_id = q.id) THEN 'gone' ELSE 'missing' END ORDER BY n)
    INTO result
    FROM ROWS FROM (jsonb_to_recordset(calls) AS (id uuid)) WITH ORDINALITY AS q (id, n);
  RETURN result;
END $$;
--> statement-breakpoint

-- Which refusal is told when several limits refuse: the one that takes the longest to go away.
CREATE FUNCTION refusal_rank(reason text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT array_position(ARRAY['parallel', 'in_flight', 'rate', 'quota'], reason)
$$;
--> statement-breakpoint

-- Admits calls: each takes all it needs from every limit between its key and the root, or nothing. In the order they came,
-- so that what one takes is gone for the next. Returns a verdict each (shared/ledger/verdict.ts says what is in it).
CREATE FUNCTION admit_v1(calls jsonb) RETURNS jsonb LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
  at timestamptz; at_us bigint; minute_us constant bigint := 60000000; never constant bigint := 9223372036854775807;
  roots integer[]; locked integer[]; expired uuid[]; lost jsonb[];
  -- The locked limits, side by side: what this batch takes is counted here and written once.
  l_id integer[]; l_owner integer[]; l_kind text[]; l_metric text[]; l_amount bigint[]; l_strict boolean[];
  l_start timestamptz[]; l_end timestamptz[]; l_used bigint[]; l_held bigint[]; l_tat bigint[];
  p_key integer[]; p_limit integer[]; p_place integer[]; -- the paths of all keys, one after the other
  c record; i integer; line integer[]; taken bigint[]; starts timestamptz[];
  done uuid[] := '{}'; verdicts jsonb[] := '{}'; hold holds; new_holds holds[] := '{}';
  contexts bigint; estimate bigint; bound bigint; is_strict boolean; asked bigint; cap bigint; wanted bigint; useful bigint; out_held bigint;
  prompt bigint; room bigint; fits bigint; units bigint; usual bigint; wait_us bigint;
  reason text; refusal text; refused integer; retry_us bigint;
  written integer; left_now bigint; reset_us bigint; left_requests bigint; left_tokens bigint; tight jsonb;
BEGIN
  -- The limits on the path of each key, the key's own first. One that is added from here on counts for the next batch.
  SELECT array_agg(DISTINCT root_id), array_agg(key ORDER BY key, depth DESC, id), array_agg(id ORDER BY key, depth DESC, id), array_agg(DISTINCT id)
    INTO roots, p_key, p_limit, locked
    FROM (SELECT k.id AS key, o.root_id, l.depth, l.id
            FROM (SELECT DISTINCT q.key FROM jsonb_to_recordset(calls) AS q (key integer)) q
            JOIN keys k ON k.id = q.key JOIN consumers o ON o.id = k.consumer_id
            LEFT JOIN limits l ON (l.key_id = k.id OR l.consumer_id = ANY (o.path)) AND l.retired_at IS NULL) path;
  expired := expired_holds(roots, 16, ledger_now());
  SELECT array_agg(e || jsonb_build_object('echo', e -> 'force')) INTO lost FROM jsonb_array_elements(calls) e WHERE jsonb_typeof(e -> 'force') = 'object';
  IF cardinality(expired) > 0 OR lost IS NOT NULL THEN
    SELECT array_agg(DISTINCT id) INTO locked FROM (
      SELECT unnest(locked) UNION ALL SELECT unnest(h.line_limit) FROM holds h WHERE h.request_id = ANY (expired)
      UNION ALL SELECT jsonb_array_elements_text(e -> 'echo' -> 'line_limit')::integer FROM unnest(lost) e) l (id);
  END IF;
  PERFORM lock_limits(locked);
  at := ledger_now();
  at_us := floor(extract(epoch FROM at) * 1000000)::bigint;
  PERFORM leave_windows(locked, at);
  IF cardinality(expired) > 0 THEN PERFORM expire_holds(expired, at); END IF;
  IF lost IS NOT NULL THEN PERFORM put_back(lost, at); END IF;

  SELECT array_agg(id), array_agg(consumer_id), array_agg(metric), array_agg(amount), array_agg(strict AND win <> 'minute' AND metric IN ('tokens', 'cost')),
         array_agg(CASE win WHEN 'minute' THEN 'rate' WHEN 'open' THEN 'parallel' ELSE 'budget' END),
         array_agg(starts_at), array_agg(ends_at), array_agg(used), array_agg(held), array_agg(tat_us)
    INTO l_id, l_owner, l_metric, l_amount, l_strict, l_kind, l_start, l_end, l_used, l_held, l_tat
    FROM (SELECT * FROM limits WHERE id = ANY (locked) ORDER BY id) l;
  SELECT array_agg(array_position(l_id, p.id) ORDER BY p.n) INTO p_place FROM unnest(p_limit) WITH ORDINALITY AS p (id, n);

  FOR c IN
    SELECT q.*, k.id AS key_id, k.consumer_id, o.root_id, r.request_id IS NOT NULL AS is_closed,
           h.request_id IS NOT NULL AS is_held, h.admitted_at, h.prompt_est, h.prompt_held, h.out_held, h.strict AS was_strict, h.cut AS was_cut, h.rate AS held_rate,
           h.price_version AS held_price, h.line_limit, h.line_start, h.line_amount,
           k.status = 'active' AND coalesce(k.expires_at > at, true) AND up.active AS may_call,
           m.name IS NOT NULL AND coalesce(q.model = ANY (k.models), true) AND up.granted AS may_use,
           k.cidrs IS NULL OR coalesce(q.address <<= ANY (k.cidrs::inet[]), false) AS may_come,
           m.context_tokens, m.max_output_tokens, m.default_output, m.min_output, m.image_tokens,
           coalesce(p.version, 0) AS price_version, coalesce(p.input, 0) AS price_in, coalesce(p.output, 0) AS price_out,
           coalesce(s.latin, 250000) AS latin_rate, coalesce(s.cjk, 700000) AS cjk_rate, coalesce(s.other, 500000) AS other_rate,
           coalesce(s.message_tokens, 8) AS message_tokens, coalesce(s.usual_output, 256) AS usual_output,
           coalesce(s.rate, 50000) AS rate, coalesce(s.output_chars, 3500) AS output_chars,
           array_remove(p_limit[path.first:path.last], NULL) AS lines, array_remove(p_place[path.first:path.last], NULL) AS places
      FROM ROWS FROM (jsonb_to_recordset(calls) AS (
             id uuid, router uuid, key integer, address inet, model text, messages integer, tools integer, images integer, bytes bigint,
             latin integer, cjk integer, other integer, output bigint, choices integer, prompts integer, "endUser" text, tag text))
           WITH ORDINALITY AS q (id, router, key, address, model, messages, tools, images, bytes, latin, cjk, other, output, choices, prompts, end_user, tag, n)
      LEFT JOIN keys k ON k.id = q.key
      LEFT JOIN consumers o ON o.id = k.consumer_id
      LEFT JOIN LATERAL (SELECT bool_and(a.status = 'active') AS active, bool_and(coalesce(q.model = ANY (a.models), true)) AS granted
                           FROM consumers a WHERE a.id = ANY (o.path)) up ON true
      LEFT JOIN models m ON m.name = q.model AND m.status = 'active'
      LEFT JOIN LATERAL (SELECT * FROM prices WHERE prices.model = q.model ORDER BY version DESC LIMIT 1) p ON true
      LEFT JOIN calibrations s ON s.model = q.model
      LEFT JOIN (SELECT key, min(n) AS first, max(n) AS last FROM unnest(p_key) WITH ORDINALITY AS p (key, n) GROUP BY key) path ON path.key = q.key
      LEFT JOIN holds h ON h.request_id = q.id
      LEFT JOIN receipts r ON r.request_id = q.id
     ORDER BY q.n
  LOOP
    -- The same id again: a reply that was lost.
    i := array_position(done, c.id);
    done := done || c.id;
    IF i IS NOT NULL THEN
      verdicts := verdicts || verdicts[i];
      CONTINUE;
    END IF;
    -- Of several prompts in one call, each may be as long as the context.
    contexts := greatest(coalesce(c.prompts, 1), 1);
    bound := least(c.bytes + 16 * c.messages::bigint + 64 * c.tools::bigint + 256 + c.images::bigint * coalesce(c.image_tokens, 0), c.context_tokens * contexts);
    IF c.is_held THEN
      verdicts := verdicts || jsonb_build_object('verdict', 'admitted', 'cap', c.out_held / greatest(c.choices, 1), 'cut', c.was_cut,
        'estimate', c.prompt_est, 'promptHeld', c.prompt_held, 'outputHeld', c.out_held, 'strict', c.was_strict, 'rate', c.held_rate,
        'outputChars', c.output_chars, 'promptLimit', coalesce(c.context_tokens * contexts, 2 * bound + 1000),
        'priceVersion', c.held_price, 'limits', NULL, 'echo', jsonb_build_object(
          'consumer_id', c.consumer_id, 'root_id', c.root_id, 'price_version', c.held_price, 'prompt_est', c.prompt_est,
          'prompt_held', c.prompt_held, 'out_held', c.out_held, 'strict', c.was_strict, 'rate', c.held_rate, 'admitted_at', c.admitted_at,
          'line_limit', c.line_limit, 'line_start', c.line_start, 'line_amount', c.line_amount));
      CONTINUE;
    END IF;
    refusal := CASE WHEN c.is_closed THEN 'closed' WHEN c.may_call IS NOT TRUE THEN 'key' WHEN NOT c.may_use THEN 'model' WHEN NOT c.may_come THEN 'address' END;
    IF refusal IS NOT NULL THEN
      verdicts := verdicts || jsonb_build_object('verdict', 'refused', 'reason', refusal);
      CONTINUE;
    END IF;
    line := c.places; is_strict := false;
    FOREACH i IN ARRAY line LOOP
      is_strict := is_strict OR l_strict[i];
    END LOOP;

    estimate := least((c.latin::bigint * c.latin_rate + c.cjk::bigint * c.cjk_rate + c.other::bigint * c.other_rate + 999999) / 1000000
                      + c.messages::bigint * c.message_tokens + c.images::bigint * c.image_tokens + 4, bound);
    asked := coalesce(c.output, c.default_output, c.max_output_tokens, 8192);
    wanted := least(asked, c.max_output_tokens, CASE WHEN c.context_tokens IS NOT NULL THEN greatest(c.context_tokens - estimate / contexts, c.min_output) END);
    useful := least(asked, c.min_output);
    usual := least(c.usual_output, wanted) * c.choices;
    cap := wanted; refusal := NULL; refused := NULL; retry_us := NULL;

    -- What is left of every limit on its path. The worst refusal is told: what is gone before what must be waited for.
    FOREACH i IN ARRAY line LOOP
      reason := NULL; wait_us := NULL;
      IF l_kind[i] = 'budget' THEN
        prompt := CASE WHEN l_strict[i] THEN bound ELSE estimate END;
        room := l_amount[i] - l_used[i] - l_held[i];
        LOOP
          fits := CASE l_metric[i]
            WHEN 'tokens' THEN CASE WHEN room >= prompt THEN (room - prompt) / c.choices ELSE -1 END
            WHEN 'requests' THEN CASE WHEN room >= 1 THEN never ELSE -1 END
            ELSE CASE WHEN room::numeric * 1000000 < prompt::numeric * c.price_in THEN -1 WHEN c.price_out = 0 THEN never
                 ELSE least(floor((room::numeric * 1000000 - prompt::numeric * c.price_in) / c.price_out / c.choices), never)::bigint END END;
          EXIT WHEN fits >= useful;
          -- Once more without what is held: is the quota gone, or only in use?
          IF reason = 'in_flight' OR l_held[i] = 0 THEN reason := 'quota'; EXIT; END IF;
          reason := 'in_flight'; room := l_amount[i] - l_used[i];
        END LOOP;
        IF reason IS NULL THEN cap := least(cap, fits); END IF;
      ELSIF l_kind[i] = 'rate' THEN
        -- A rate never caps output: it counts the prompt and what the model usually answers, and obeys the clock.
        units := CASE l_metric[i] WHEN 'requests' THEN 1 WHEN 'tokens' THEN estimate ELSE cost_of(estimate, 0, c.price_in, c.price_out) END;
        IF units > l_amount[i] THEN reason := 'quota';
        ELSE
          units := CASE l_metric[i] WHEN 'requests' THEN 1 WHEN 'tokens' THEN estimate + usual ELSE cost_of(estimate, usual, c.price_in, c.price_out) END;
          wait_us := greatest(l_tat[i], at_us) + rate_us(least(units, l_amount[i]), l_amount[i]) - at_us - minute_us;
          IF wait_us > 0 THEN reason := 'rate'; END IF;
        END IF;
      ELSIF l_held[i] >= l_amount[i] THEN
        reason := CASE WHEN l_amount[i] = 0 THEN 'quota' ELSE 'parallel' END;
      END IF;
      IF reason IS NOT NULL AND (refusal IS NULL OR refusal_rank(reason) > refusal_rank(refusal) OR (reason = 'rate' AND refusal = 'rate' AND wait_us > retry_us)) THEN
        refusal := reason; refused := i; retry_us := wait_us;
      END IF;
    END LOOP;

    IF refusal IS NULL THEN
      out_held := cap * c.choices; usual := least(c.usual_output, cap) * c.choices;
      taken := '{}'; starts := '{}';
      FOREACH i IN ARRAY line LOOP
        prompt := CASE WHEN l_strict[i] THEN bound ELSE estimate END;
        IF l_kind[i] = 'rate' THEN
          units := least(l_amount[i], CASE l_metric[i] WHEN 'requests' THEN 1 WHEN 'tokens' THEN estimate + usual
                                        ELSE cost_of(estimate, usual, c.price_in, c.price_out) END);
          l_tat[i] := greatest(l_tat[i], at_us) + rate_us(units, l_amount[i]);
        ELSE
          units := CASE l_metric[i] WHEN 'tokens' THEN prompt + out_held WHEN 'cost' THEN cost_of(prompt, out_held, c.price_in, c.price_out) ELSE 1 END;
          l_held[i] := l_held[i] + units;
        END IF;
        taken := taken || units; starts := starts || l_start[i];
      END LOOP;
    END IF;

    -- What the caller's headers show: the tightest of its own limits, with all that is held.
    tight := NULL; left_requests := never; left_tokens := never;
    FOREACH i IN ARRAY line LOOP
      CONTINUE WHEN l_owner[i] <> c.consumer_id OR l_metric[i] NOT IN ('requests', 'tokens');
      IF l_kind[i] = 'rate' THEN
        left_now := floor(greatest(at_us + minute_us - greatest(l_tat[i], at_us), 0)::numeric * l_amount[i] / minute_us);
        reset_us := greatest(l_tat[i] - at_us, 0);
      ELSE
        left_now := greatest(l_amount[i] - l_used[i] - l_held[i], 0);
        reset_us := CASE WHEN l_end[i] < 'infinity' THEN floor(extract(epoch FROM l_end[i] - at) * 1000000) END;
      END IF;
      CONTINUE WHEN left_now >= CASE l_metric[i] WHEN 'tokens' THEN left_tokens ELSE left_requests END;
      IF l_metric[i] = 'tokens' THEN left_tokens := left_now; ELSE left_requests := left_now; END IF;
      tight := coalesce(tight, '{}') || jsonb_build_object(l_metric[i],
        jsonb_build_object('limit', l_amount[i], 'left', left_now, 'resetMs', (reset_us + 999) / 1000));
    END LOOP;

    IF refusal IN ('in_flight', 'parallel') THEN
      IF cardinality(expired_holds(ARRAY[c.root_id], 1, at)) > 0 THEN
        verdicts := verdicts || jsonb_build_object('verdict', 'refused', 'reason', 'again');
        CONTINUE;
      END IF;
      SELECT floor(extract(epoch FROM min(h.lease_end) - at) * 1000000)::bigint INTO retry_us FROM holds h WHERE h.root_id = c.root_id;
      retry_us := greatest(retry_us, 1000000);
    END IF;
    IF refusal IS NOT NULL THEN
      verdicts := verdicts || jsonb_build_object('verdict', 'refused', 'reason', refusal, 'metric', l_metric[refused],
        'win', (SELECT l.win FROM limits l WHERE l.id = l_id[refused]),
        'own', coalesce(l_owner[refused] = c.consumer_id, true), 'retryMs', (retry_us + 999) / 1000, 'limits', tight);
      CONTINUE;
    END IF;
    prompt := CASE WHEN is_strict THEN bound ELSE estimate END;
    verdicts := verdicts || jsonb_build_object('verdict', 'admitted', 'cap', cap, 'cut', cap < wanted, 'estimate', estimate,
      'promptHeld', prompt, 'outputHeld', out_held, 'strict', is_strict, 'rate', c.rate, 'outputChars', c.output_chars,
      'promptLimit', coalesce(c.context_tokens * contexts, 2 * bound + 1000), 'priceVersion', c.price_version, 'limits', tight, 'echo', jsonb_build_object(
        'consumer_id', c.consumer_id, 'root_id', c.root_id, 'price_version', c.price_version, 'prompt_est', estimate, 'prompt_held', prompt,
        'out_held', out_held, 'strict', is_strict, 'rate', c.rate, 'admitted_at', at, 'line_limit', c.lines,
        'line_start', starts, 'line_amount', taken));
    hold.request_id := c.id; hold.router_id := c.router; hold.key_id := c.key_id; hold.consumer_id := c.consumer_id; hold.root_id := c.root_id;
    hold.model := c.model; hold.price_version := c.price_version; hold.prompt_est := estimate; hold.prompt_held := prompt; hold.out_held := out_held;
    hold."strict" := is_strict; hold.latin := c.latin; hold.cjk := c.cjk; hold.other := c.other; hold.messages := c.messages; hold.images := c.images;
    hold.end_user := c.end_user; hold.tag := c.tag; hold.line_limit := c.lines; hold.line_start := starts; hold.line_amount := taken; hold.rate := c.rate;
    hold.cut := cap < wanted;
    new_holds := new_holds || hold;
  END LOOP;

  INSERT INTO holds (request_id, router_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held, strict,
      latin, cjk, other, messages, images, end_user, tag, line_limit, line_start, line_amount, rate, cut, admitted_at, interval_ms, renewed_at, lease_end)
  SELECT h.request_id, h.router_id, h.key_id, h.consumer_id, h.root_id, h.model, h.price_version, h.prompt_est, h.prompt_held, h.out_held, h.strict,
         h.latin, h.cjk, h.other, h.messages, h.images, h.end_user, h.tag, h.line_limit, h.line_start, h.line_amount, h.rate, h.cut,
         at, 1000, at, at + interval '10 seconds'
    FROM unnest(new_holds) h ORDER BY h.request_id
  ON CONFLICT (request_id) DO NOTHING;
  GET DIAGNOSTICS written = ROW_COUNT;
  -- An admission of the same id ran beside us, on another path: with the next try its verdict is found.
  IF written < cardinality(new_holds) THEN
    RAISE EXCEPTION 'a call was admitted twice at once' USING errcode = 'serialization_failure';
  END IF;
  -- A release that ran beside us found no hold, and has closed the id: with the next try this batch finds it closed.
  -- An array, not a subquery: that would be joined, and with a plan made while the table was empty by reading all of it.
  IF EXISTS (SELECT FROM receipts r WHERE r.request_id = ANY (ARRAY(SELECT h.request_id FROM unnest(new_holds) h))) THEN
    RAISE EXCEPTION 'a call was released while it was admitted' USING errcode = 'serialization_failure';
  END IF;

  UPDATE limits l SET held = u.held, tat_us = u.tat
    FROM unnest(l_id, l_held, l_tat) AS u (id, held, tat)
   WHERE l.id = u.id AND (l.held, l.tat_us) IS DISTINCT FROM (u.held, u.tat);
  RETURN to_jsonb(verdicts);
END $$;
--> statement-breakpoint

-- Ends connections of this role that stand inside a transaction and wait for their client: an instance that was frozen in the
-- middle of a write keeps its row locks for as long as it sleeps, and no time-out of the server ends it.
CREATE FUNCTION end_stuck_clients() RETURNS integer LANGUAGE sql AS $$
  SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))::integer FROM pg_stat_activity
   WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
     AND state IN ('active', 'idle in transaction') AND wait_event = 'ClientRead' AND xact_start < clock_timestamp() - interval '5 seconds'
$$;
