-- Whatever a batch can know before its tenant's limits are locked is worked out before (docs/decisions/0014-planned-before-the-lock.md):
-- behind the lock there is only to see whether the plan still holds and to write it down. The functions keep their names and versions,
-- since they decide and write what they did; calls that need a closer look get it from what was admit_v2 in 0007.

-- What a call takes if there is room for all that it wants, with the verdict that it then gets, as far as that is known without a lock; and its own
-- limits (places among the batch's limits), each with what the calls up to this one take of it.
CREATE TYPE ledger_plan AS (
  prompt_held bigint, out_held bigint, is_strict boolean, starts timestamptz[], amounts bigint[], own integer[], taken bigint[], verdict text
);
--> statement-breakpoint

-- What a call would cost, but no more than `most`: what no limit has room for need not be known exactly, and might be too large to be told.
CREATE FUNCTION cost_at_most(most bigint, prompt bigint, output bigint, price_in bigint, price_out bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT least(ceil((prompt::numeric * price_in + output::numeric * price_out) / 1000000), most)::bigint
$$;
--> statement-breakpoint

-- Admits calls in the order they came, so that what one takes is gone for the next: all it wants, less of it, or nothing. As admit_v2 did in 0007,
-- which also found out itself which holds of these tenants had expired, and which calls are holds that were lost.
CREATE FUNCTION admit_one_by_one(asked ledger_asked[], expired uuid[], lost jsonb[]) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz; at_us bigint; minute_us constant bigint := 60000000; never constant bigint := 9223372036854775807;
  a ledger_asked; ids uuid[] := '{}'; lines integer[] := '{}'; known uuid[]; is_tidy boolean := false;
  -- The locked limits, side by side: what this batch takes is counted here and written once.
  l_id integer[]; l_owner integer[]; l_win text[]; l_metric text[]; l_amount bigint[]; l_strict boolean[];
  l_start timestamptz[]; l_end timestamptz[]; l_used bigint[]; l_held bigint[]; l_tat bigint[];
  i integer; line integer[]; limit_id integer; is_strict boolean;
  done uuid[] := '{}'; verdicts text[] := '{}'; hold holds; new_holds holds[] := '{}'; new_ids uuid[] := '{}';
  cap bigint; prompt bigint; room bigint; fits bigint; units bigint; usual bigint; wait_us bigint;
  reason text; refusal text; refused integer; retry_us bigint; written integer;
  left_now bigint; left_requests bigint; left_tokens bigint; by_requests integer; by_tokens integer; tight text;
BEGIN
  FOREACH a IN ARRAY asked LOOP
    ids := ids || a.id;
    lines := lines || a.lines;
  END LOOP;
  IF lost IS NOT NULL THEN
    lines := lines || ARRAY(SELECT jsonb_array_elements_text(e -> 'echo' -> 'line_limit')::integer FROM unnest(lost) e);
  END IF;
  IF cardinality(expired) > 0 THEN
    lines := lines || ARRAY(SELECT unnest(h.line_limit) FROM holds h WHERE h.request_id = ANY (expired));
  END IF;

  LOOP
    -- The root's limits, which every call needs, come first in the arrays, where they are soon found.
    SELECT array_agg(id), array_agg(consumer_id), array_agg(metric), array_agg(win), array_agg(amount),
           array_agg(strict AND win <> 'minute' AND metric IN ('tokens', 'cost')),
           array_agg(starts_at), array_agg(ends_at), array_agg(used), array_agg(held), array_agg(tat_us)
      INTO l_id, l_owner, l_metric, l_win, l_amount, l_strict, l_start, l_end, l_used, l_held, l_tat
      FROM (SELECT * FROM (SELECT * FROM limits WHERE id = ANY (lines) ORDER BY depth DESC, id FOR NO KEY UPDATE) locked ORDER BY depth, id) l;
    EXIT WHEN is_tidy;
    at := ledger_now();
    at_us := floor(extract(epoch FROM at) * 1000000)::bigint;
    EXIT WHEN cardinality(expired) = 0 AND lost IS NULL AND (at >= ANY (l_end)) IS NOT TRUE;
    -- What changes the limits themselves is seldom, and is read again.
    PERFORM leave_windows(lines, at);
    IF cardinality(expired) > 0 THEN PERFORM expire_holds(expired, at); END IF;
    IF lost IS NOT NULL THEN PERFORM put_back(lost, at); END IF;
    is_tidy := true;
  END LOOP;
  SELECT array_agg(id) INTO known
    FROM (SELECT h.request_id FROM holds h WHERE h.request_id = ANY (ids) UNION ALL SELECT r.request_id FROM receipts r WHERE r.request_id = ANY (ids)) k (id);

  FOREACH a IN ARRAY asked LOOP
    -- The same id again: a reply that was lost.
    i := array_position(done, a.id);
    done := done || a.id;
    IF i IS NOT NULL THEN
      verdicts := verdicts || verdicts[i];
      CONTINUE;
    END IF;
    hold := NULL; refusal := NULL; tight := NULL;
    IF known IS NOT NULL AND a.id = ANY (known) THEN
      SELECT * INTO hold FROM holds h WHERE h.request_id = a.id;
      IF hold.request_id IS NULL THEN refusal := 'closed'; END IF;
    ELSIF a.expires_at <= at THEN refusal := 'key';
    ELSE refusal := a.refusal;
    END IF;
    IF refusal IS NOT NULL THEN
      verdicts := verdicts || ('{"verdict":"refused","reason":"' || refusal || '"}');
      CONTINUE;
    END IF;

    IF hold.request_id IS NULL THEN
      line := '{}'; is_strict := false;
      FOREACH limit_id IN ARRAY coalesce(a.lines, '{}') LOOP
        i := array_position(l_id, limit_id);
        line := line || i;
        is_strict := is_strict OR l_strict[i];
      END LOOP;
      cap := a.wanted; refused := NULL; retry_us := NULL; usual := least(a.usual_output, a.wanted) * a.choices;

      -- What is left of every limit on its path. The worst refusal is told: what is gone before what must be waited for.
      FOREACH i IN ARRAY line LOOP
        reason := NULL; wait_us := NULL;
        IF l_win[i] = 'minute' THEN
          -- A rate never caps output: it counts the prompt and what the model usually answers, and obeys the clock.
          units := CASE l_metric[i] WHEN 'requests' THEN 1 WHEN 'tokens' THEN a.estimate ELSE cost_of(a.estimate, 0, a.price_in, a.price_out) END;
          IF units > l_amount[i] THEN reason := 'quota';
          ELSE
            units := CASE l_metric[i] WHEN 'requests' THEN 1 WHEN 'tokens' THEN a.estimate + usual ELSE cost_of(a.estimate, usual, a.price_in, a.price_out) END;
            wait_us := greatest(l_tat[i], at_us) + rate_us(least(units, l_amount[i]), l_amount[i]) - at_us - minute_us;
            IF wait_us > 0 THEN reason := 'rate'; END IF;
          END IF;
        ELSIF l_win[i] = 'open' THEN
          IF l_held[i] >= l_amount[i] THEN reason := CASE WHEN l_amount[i] = 0 THEN 'quota' ELSE 'parallel' END; END IF;
        ELSE
          prompt := CASE WHEN l_strict[i] THEN a.bound ELSE a.estimate END;
          room := l_amount[i] - l_used[i] - l_held[i];
          LOOP
            fits := CASE l_metric[i]
              WHEN 'tokens' THEN CASE WHEN room >= prompt THEN (room - prompt) / a.choices ELSE -1 END
              WHEN 'requests' THEN CASE WHEN room >= 1 THEN never ELSE -1 END
              ELSE CASE WHEN room::numeric * 1000000 < prompt::numeric * a.price_in THEN -1 WHEN a.price_out = 0 THEN never
                   ELSE least(floor((room::numeric * 1000000 - prompt::numeric * a.price_in) / a.price_out / a.choices), never)::bigint END END;
            EXIT WHEN fits >= a.useful;
            -- Once more without what is held: is the quota gone, or only in use?
            IF reason = 'in_flight' OR l_held[i] = 0 THEN reason := 'quota'; EXIT; END IF;
            reason := 'in_flight'; room := l_amount[i] - l_used[i];
          END LOOP;
          IF reason IS NULL THEN cap := least(cap, fits); END IF;
        END IF;
        IF reason IS NOT NULL AND (refusal IS NULL OR refusal_rank(reason) > refusal_rank(refusal) OR (reason = 'rate' AND refusal = 'rate' AND wait_us > retry_us)) THEN
          refusal := reason; refused := i; retry_us := wait_us;
        END IF;
      END LOOP;

      IF refusal IS NULL THEN
        hold.request_id := a.id; hold.router_id := a.router; hold.key_id := a.key_id; hold.consumer_id := a.consumer_id; hold.root_id := a.root_id;
        hold.model := a.model; hold.price_version := a.price_version; hold.prompt_est := a.estimate;
        hold.prompt_held := CASE WHEN is_strict THEN a.bound ELSE a.estimate END; hold.out_held := cap * a.choices;
        hold."strict" := is_strict; hold.latin := a.latin; hold.cjk := a.cjk; hold.other := a.other; hold.messages := a.messages; hold.images := a.images;
        hold.end_user := a.end_user; hold.tag := a.tag; hold.rate := a.rate; hold.cut := cap < a.wanted; hold.admitted_at := at;
        hold.line_limit := coalesce(a.lines, '{}'); hold.line_start := '{}'; hold.line_amount := '{}';
        usual := least(a.usual_output, cap) * a.choices;
        FOREACH i IN ARRAY line LOOP
          IF l_win[i] = 'minute' THEN
            units := least(l_amount[i], CASE l_metric[i] WHEN 'requests' THEN 1 WHEN 'tokens' THEN a.estimate + usual
                                          ELSE cost_of(a.estimate, usual, a.price_in, a.price_out) END);
            l_tat[i] := greatest(l_tat[i], at_us) + rate_us(units, l_amount[i]);
          ELSE
            prompt := CASE WHEN l_strict[i] THEN a.bound ELSE a.estimate END;
            units := CASE l_metric[i] WHEN 'tokens' THEN prompt + hold.out_held WHEN 'cost' THEN cost_of(prompt, hold.out_held, a.price_in, a.price_out) ELSE 1 END;
            l_held[i] := l_held[i] + units;
          END IF;
          hold.line_amount := hold.line_amount || units; hold.line_start := hold.line_start || l_start[i];
        END LOOP;
        new_holds := new_holds || hold; new_ids := new_ids || a.id;
      END IF;

      -- What the caller's headers show: the tightest of its own limits, with all that is held.
      by_requests := NULL; by_tokens := NULL; left_requests := never; left_tokens := never;
      FOREACH i IN ARRAY line LOOP
        CONTINUE WHEN l_owner[i] <> a.consumer_id OR l_metric[i] NOT IN ('requests', 'tokens');
        left_now := CASE l_win[i] WHEN 'minute' THEN greatest(at_us + minute_us - greatest(l_tat[i], at_us), 0) * l_amount[i] / minute_us
                                  ELSE greatest(l_amount[i] - l_used[i] - l_held[i], 0) END;
        IF l_metric[i] = 'tokens' AND left_now < left_tokens THEN left_tokens := left_now; by_tokens := i;
        ELSIF l_metric[i] = 'requests' AND left_now < left_requests THEN left_requests := left_now; by_requests := i;
        END IF;
      END LOOP;
      tight := '{' || concat_ws(',',
        '"requests":' || shown_limit(l_win[by_requests], l_amount[by_requests], left_requests, l_tat[by_requests], l_end[by_requests], at, at_us),
        '"tokens":' || shown_limit(l_win[by_tokens], l_amount[by_tokens], left_tokens, l_tat[by_tokens], l_end[by_tokens], at, at_us)) || '}';

      IF refusal IN ('in_flight', 'parallel') THEN
        IF cardinality(expired_holds(ARRAY[a.root_id], 1, at)) > 0 THEN
          verdicts := verdicts || '{"verdict":"refused","reason":"again"}'::text;
          CONTINUE;
        END IF;
        SELECT floor(extract(epoch FROM min(h.lease_end) - at) * 1000000)::bigint INTO retry_us FROM holds h WHERE h.root_id = a.root_id;
        retry_us := greatest(retry_us, 1000000);
      END IF;
      IF refusal IS NOT NULL THEN
        verdicts := verdicts || format('{"verdict":"refused","reason":"%s","metric":"%s","win":"%s","own":%s,"retryMs":%s,"limits":%s}',
          refusal, l_metric[refused], l_win[refused], coalesce(l_owner[refused] = a.consumer_id, true)::text,
          coalesce(((retry_us + 999) / 1000)::text, 'null'), tight);
        CONTINUE;
      END IF;
    END IF;
    verdicts := verdicts || (format('{"verdict":"admitted","cap":%s,"cut":%s,"estimate":%s,"promptHeld":%s,"outputHeld":%s,"strict":%s,"rate":%s,"outputChars":%s,"promptLimit":%s',
        hold.out_held / greatest(a.choices, 1), hold.cut::text, hold.prompt_est, hold.prompt_held, hold.out_held, hold."strict"::text, hold.rate, a.output_chars, a.prompt_limit)
      || format(',"priceVersion":%s,"limits":%s,"echo":{"consumer_id":%s,"root_id":%s,"price_version":%s,"prompt_est":%s,"prompt_held":%s,"out_held":%s,"strict":%s,"rate":%s',
        hold.price_version, coalesce(tight, 'null'), hold.consumer_id, hold.root_id, hold.price_version, hold.prompt_est, hold.prompt_held, hold.out_held, hold."strict"::text, hold.rate)
      || format(',"admitted_at":%s,"line_limit":%s,"line_start":%s,"line_amount":%s}}',
        to_json(hold.admitted_at), to_json(hold.line_limit), to_json(hold.line_start), to_json(hold.line_amount)));
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
  IF EXISTS (SELECT FROM receipts r WHERE r.request_id = ANY (new_ids)) THEN
    RAISE EXCEPTION 'a call was released while it was admitted' USING errcode = 'serialization_failure';
  END IF;

  UPDATE limits l SET held = l_held[array_position(l_id, l.id)], tat_us = l_tat[array_position(l_id, l.id)]
   WHERE l.id = ANY (l_id) AND (l.held, l.tat_us) IS DISTINCT FROM (l_held[array_position(l_id, l.id)], l_tat[array_position(l_id, l.id)]);
  RETURN '[' || array_to_string(verdicts, ',') || ']';
END $$;
--> statement-breakpoint

-- Admits calls: each takes all it needs from every limit between its key and the root, or nothing. Returns a verdict each
-- (shared/ledger/verdict.ts says what is in it). Nearly always there is room for all that a batch wants: then all is as planned before the lock.
CREATE OR REPLACE FUNCTION admit_v2(calls jsonb) RETURNS json LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
  at timestamptz; at_us bigint; minute_us constant bigint := 60000000; never constant bigint := 9223372036854775807;
  -- More than any limit has, and 128 of them are still a bigint.
  too_much constant bigint := 36028797018963968;
  asked ledger_asked[] := coalesce(asked_of(calls), '{}'); a ledger_asked; ids uuid[] := '{}'; lines integer[]; lost jsonb[]; expired uuid[];
  is_plain boolean := true; soonest timestamptz := 'infinity';
  -- The limits, side by side, and what all calls together want of each, of a rate in microseconds.
  l_id integer[]; l_owner integer[]; l_unit text[]; l_win text[]; l_amount bigint[]; l_strict boolean[]; l_start timestamptz[]; l_end timestamptz[];
  l_used bigint[]; l_held bigint[]; l_tat bigint[]; l_room bigint[]; wanted bigint[];
  plans ledger_plan[] := '{}'; plan ledger_plan; verdicts text[] := '{}';
  i integer; limit_id integer; units bigint; output bigint; usual bigint; written integer;
  left_now bigint; left_requests bigint; left_tokens bigint; by_requests integer; by_tokens integer;
BEGIN
  -- Whose call came first is swept first.
  expired := expired_holds(ARRAY(SELECT root_id FROM (SELECT root_id, row_number() OVER () AS n FROM unnest(asked)) q
                                  WHERE root_id IS NOT NULL GROUP BY root_id ORDER BY min(n)), 16, ledger_now());
  SELECT array_agg(e || jsonb_build_object('echo', e -> 'force')) INTO lost FROM jsonb_array_elements(calls) e WHERE jsonb_typeof(e -> 'force') = 'object';
  -- These change the limits themselves, or have nothing to be planned.
  IF cardinality(expired) > 0 OR lost IS NOT NULL OR EXISTS (SELECT FROM unnest(asked) q WHERE q.refusal IS NOT NULL) THEN
    RETURN admit_one_by_one(asked, expired, lost);
  END IF;

  lines := ARRAY(SELECT unnest(q.lines) FROM unnest(asked) q);
  -- The root's limits, which every call needs, come first in the arrays, where they are soon found.
  SELECT array_agg(id), array_agg(consumer_id), array_agg(win), array_agg(amount), array_agg(starts_at), array_agg(ends_at), array_agg(0::bigint),
         array_agg(strict AND win <> 'minute' AND metric IN ('tokens', 'cost')),
         array_agg(CASE metric WHEN 'requests' THEN 'one' WHEN 'parallel' THEN 'one' ELSE metric || CASE WHEN win = 'minute' THEN ' of a rate' WHEN strict THEN ' at most' ELSE '' END END)
    INTO l_id, l_owner, l_win, l_amount, l_start, l_end, wanted, l_strict, l_unit
    FROM (SELECT * FROM limits WHERE id = ANY (lines) ORDER BY depth, id) l;

  FOREACH a IN ARRAY asked LOOP
    is_plain := (a.id <> ALL (ids) AND a.wanted >= a.useful) IS TRUE;
    EXIT WHEN NOT is_plain;
    ids := ids || a.id;
    IF a.expires_at < soonest THEN soonest := a.expires_at; END IF;
    plan.is_strict := false; plan.starts := '{}'; plan.amounts := '{}'; plan.own := '{}'; plan.taken := '{}';
    output := a.wanted * a.choices;
    usual := least(a.usual_output, a.wanted) * a.choices;
    FOREACH limit_id IN ARRAY coalesce(a.lines, '{}') LOOP
      i := array_position(l_id, limit_id);
      units := CASE l_unit[i] WHEN 'one' THEN 1
        WHEN 'tokens' THEN a.estimate + output WHEN 'tokens at most' THEN a.bound + output WHEN 'tokens of a rate' THEN a.estimate + usual
        WHEN 'cost' THEN cost_at_most(too_much, a.estimate, output, a.price_in, a.price_out)
        WHEN 'cost at most' THEN cost_at_most(too_much, a.bound, output, a.price_in, a.price_out)
        ELSE cost_at_most(too_much, a.estimate, usual, a.price_in, a.price_out) END;
      wanted[i] := wanted[i] + CASE WHEN l_win[i] <> 'minute' THEN units WHEN units > l_amount[i] THEN too_much ELSE rate_us(units, l_amount[i]) END;
      plan.starts := plan.starts || l_start[i]; plan.amounts := plan.amounts || units;
      IF l_strict[i] THEN plan.is_strict := true; END IF;
      IF (l_owner[i] <> a.consumer_id) IS NOT TRUE THEN plan.own := plan.own || i; plan.taken := plan.taken || wanted[i]; END IF;
    END LOOP;
    plan.prompt_held := CASE WHEN plan.is_strict THEN a.bound ELSE a.estimate END; plan.out_held := output;
    plan.verdict := format('{"verdict":"admitted","cap":%s,"cut":false,"estimate":%s,"promptHeld":%s,"outputHeld":%s,"strict":%s,"rate":%s,"outputChars":%s,"promptLimit":%s,"priceVersion":%s',
        a.wanted, a.estimate, plan.prompt_held, output, plan.is_strict::text, a.rate, a.output_chars, a.prompt_limit, a.price_version)
      || format(',"echo":{"consumer_id":%s,"root_id":%s,"price_version":%s,"prompt_est":%s,"prompt_held":%s,"out_held":%s,"strict":%s,"rate":%s,"line_limit":%s,"line_start":%s,"line_amount":%s,"admitted_at":',
        a.consumer_id, a.root_id, a.price_version, a.estimate, plan.prompt_held, output, plan.is_strict::text, a.rate, to_json(coalesce(a.lines, '{}')), to_json(plan.starts), to_json(plan.amounts));
    plans := plans || plan;
  END LOOP;
  IF NOT is_plain THEN RETURN admit_one_by_one(asked, expired, lost); END IF;

  SELECT array_agg(used), array_agg(held), array_agg(tat_us), (array_agg(amount), array_agg(strict AND win <> 'minute' AND metric IN ('tokens', 'cost')),
         array_agg(starts_at), array_agg(ends_at)) IS NOT DISTINCT FROM (l_amount, l_strict, l_start, l_end)
    INTO l_used, l_held, l_tat, is_plain
    FROM (SELECT * FROM (SELECT * FROM limits WHERE id = ANY (lines) ORDER BY depth DESC, id FOR NO KEY UPDATE) locked ORDER BY depth, id) l;
  at := ledger_now();
  at_us := floor(extract(epoch FROM at) * 1000000)::bigint;
  -- What there is of each limit, of a rate in microseconds, and whether that is enough for all.
  SELECT array_agg(room), is_plain AND coalesce(bool_and(room >= wants), true) INTO l_room, is_plain
    FROM ROWS FROM (unnest(l_win), unnest(l_amount), unnest(l_used), unnest(l_held), unnest(l_tat), unnest(wanted)) AS l (win, amount, used, held, tat_us, wants)
   CROSS JOIN LATERAL (SELECT CASE win WHEN 'minute' THEN at_us + minute_us - greatest(tat_us, at_us) WHEN 'open' THEN amount - held ELSE amount - used - held END AS room) of_it;
  -- Not so either where a key's time or a window is over, or where a reply was lost.
  IF NOT is_plain OR at >= soonest OR (at >= ANY (l_end)) IS TRUE
     OR EXISTS (SELECT FROM holds h WHERE h.request_id = ANY (ids)) OR EXISTS (SELECT FROM receipts r WHERE r.request_id = ANY (ids)) THEN
    RETURN admit_one_by_one(asked, expired, lost);
  END IF;

  INSERT INTO holds (request_id, router_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held, strict,
      latin, cjk, other, messages, images, end_user, tag, line_limit, line_start, line_amount, rate, cut, admitted_at, interval_ms, renewed_at, lease_end)
  SELECT id, router, key_id, consumer_id, root_id, model, price_version, estimate, prompt_held, out_held, is_strict,
         latin, cjk, other, messages, images, end_user, tag, coalesce(q.lines, '{}'), starts, amounts, rate, false,
         at, 1000, at, at + interval '10 seconds'
    FROM ROWS FROM (unnest(asked), unnest(plans)) AS q ORDER BY id
  ON CONFLICT (request_id) DO NOTHING;
  GET DIAGNOSTICS written = ROW_COUNT;
  -- An admission of the same id ran beside us, on another path: with the next try its verdict is found.
  IF written < cardinality(ids) THEN
    RAISE EXCEPTION 'a call was admitted twice at once' USING errcode = 'serialization_failure';
  END IF;
  -- A release that ran beside us found no hold, and has closed the id: with the next try this batch finds it closed.
  IF EXISTS (SELECT FROM receipts r WHERE r.request_id = ANY (ids)) THEN
    RAISE EXCEPTION 'a call was released while it was admitted' USING errcode = 'serialization_failure';
  END IF;
  UPDATE limits l
     SET (held, tat_us) = (SELECT CASE l.win WHEN 'minute' THEN l.held ELSE l.held + wanted[place] END, CASE l.win WHEN 'minute' THEN greatest(l.tat_us, at_us) + wanted[place] ELSE l.tat_us END
                             FROM (SELECT array_position(l_id, l.id) AS place OFFSET 0) found)
   WHERE l.id = ANY (l_id);

  FOREACH plan IN ARRAY plans LOOP
    -- What the caller's headers show: the tightest of its own limits, with all that is held.
    by_requests := NULL; by_tokens := NULL; left_requests := never; left_tokens := never;
    FOR k IN 1 .. cardinality(plan.own) LOOP
      i := plan.own[k];
      left_now := CASE l_win[i] WHEN 'minute' THEN (l_room[i] - plan.taken[k]) * l_amount[i] / minute_us ELSE l_room[i] - plan.taken[k] END;
      IF l_unit[i] LIKE 'tokens%' THEN
        IF left_now < left_tokens THEN left_tokens := left_now; by_tokens := k; END IF;
      ELSIF l_unit[i] = 'one' AND l_win[i] <> 'open' AND left_now < left_requests THEN left_requests := left_now; by_requests := k;
      END IF;
    END LOOP;
    verdicts := verdicts || (plan.verdict || to_json(at) || '},"limits":{' || concat_ws(',',
      '"requests":' || shown_limit(l_win[plan.own[by_requests]], l_amount[plan.own[by_requests]], left_requests,
        at_us + minute_us - l_room[plan.own[by_requests]] + plan.taken[by_requests], l_end[plan.own[by_requests]], at, at_us),
      '"tokens":' || shown_limit(l_win[plan.own[by_tokens]], l_amount[plan.own[by_tokens]], left_tokens,
        at_us + minute_us - l_room[plan.own[by_tokens]] + plan.taken[by_tokens], l_end[plan.own[by_tokens]], at, at_us)) || '}}');
  END LOOP;
  RETURN '[' || array_to_string(verdicts, ',') || ']';
END $$;
--> statement-breakpoint

-- Settles and releases what nearly every batch is: open holds, each named once. Whatever else is among them (a receipt that
-- expired, a hold that was lost, an id that never was) takes the whole batch the way of version 1, which knows all of it.
CREATE OR REPLACE FUNCTION settle_v2(calls jsonb) RETURNS json LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET enable_bitmapscan = off AS $$
DECLARE
  at timestamptz; ids uuid[]; lines integer[]; found integer := 0;
  -- The limits, side by side, and what each gets: written once.
  l_id integer[]; l_win text[]; l_metric text[]; l_amount bigint[]; l_start timestamptz[];
  d_used bigint[]; d_held bigint[]; d_tat bigint[]; left_behind ledger_delta[] := '{}'; deltas ledger_delta[];
  c record; i integer; is_charged boolean; is_locked boolean := false; is_as_planned boolean; due timestamptz; taken bigint; truth bigint; moved bigint;
  new receipts; news receipts[] := '{}'; results text[] := '{}';
BEGIN
  -- Without locks: what has to be locked. The lines of a hold never change.
  SELECT array_agg(h.request_id) INTO ids FROM holds h WHERE h.request_id = ANY (ARRAY(SELECT id FROM jsonb_to_recordset(calls) AS q (id uuid)));
  IF cardinality(ids) IS DISTINCT FROM jsonb_array_length(calls) THEN RETURN settle_v1(calls); END IF;
  lines := ARRAY(SELECT DISTINCT unnest(h.line_limit) FROM holds h WHERE h.request_id = ANY (ids));
  SELECT array_agg(id), array_agg(metric), array_agg(win), array_agg(amount), array_agg(starts_at)
    INTO l_id, l_metric, l_win, l_amount, l_start
    FROM (SELECT * FROM limits WHERE id = ANY (lines) ORDER BY depth, id) l;
  at := ledger_now();

  -- What is charged is worked out before the limits are locked, and only if they were changed meanwhile once more.
  LOOP
    d_used := array_fill(0::bigint, ARRAY[coalesce(cardinality(l_id), 0)]); d_held := d_used; d_tat := d_used;
    news := '{}'; results := '{}'; left_behind := '{}'; found := 0; due := 'infinity';
    -- A renewal may be changing a hold at this moment: of what it changes only the upstream is taken here, where the router names none.
    FOR c IN
      SELECT h.*, q.outcome, q.source, greatest(q.prompt, 0) AS true_prompt, greatest(q.output, 0) AS true_output, q."promptReported" AS prompt_reported,
             q."outputReported" AS output_reported, q."outputCounted" AS output_counted, q.upstream AS answered_by, q.attempts, q.reason,
             q."firstTokenMs" AS first_token_ms, q."totalMs" AS total_ms, p.input AS price_in, p.output AS price_out
        FROM ROWS FROM (jsonb_to_recordset(calls) AS (
               id uuid, outcome text, source text, prompt bigint, output bigint, "promptReported" bigint, "outputReported" bigint,
               "outputCounted" bigint, upstream text, attempts jsonb, reason text, "firstTokenMs" integer, "totalMs" integer))
             WITH ORDINALITY AS q (id, outcome, source, prompt, output, "promptReported", "outputReported", "outputCounted", upstream,
                                   attempts, reason, "firstTokenMs", "totalMs", n)
        LEFT JOIN holds h ON h.request_id = q.id
        LEFT JOIN prices p ON p.model = h.model AND p.version = h.price_version
       ORDER BY q.n
    LOOP
      CONTINUE WHEN c.request_id IS NULL;
      found := found + 1;
      is_charged := c.outcome = 'settled';
      new.request_id := c.request_id; new.router_id := c.router_id; new.key_id := c.key_id; new.consumer_id := c.consumer_id; new.root_id := c.root_id;
      new.model := c.model; new.price_version := c.price_version; new.prompt_est := c.prompt_est; new.prompt_held := c.prompt_held; new.out_held := c.out_held;
      new."strict" := c."strict"; new.latin := c.latin; new.cjk := c.cjk; new.other := c.other; new.messages := c.messages; new.images := c.images;
      new.end_user := c.end_user; new.tag := c.tag; new.upstream := coalesce(c.answered_by, c.upstream); new.forced := c.forced; new.admitted_at := c.admitted_at;
      new.line_limit := c.line_limit; new.line_start := c.line_start; new.outcome := c.outcome; new.source := c.source;
      new.prompt_reported := c.prompt_reported; new.output_reported := c.output_reported; new.output_counted := c.output_counted;
      new.reason := c.reason; new.attempts := coalesce(c.attempts, '[]'); new.first_token_ms := c.first_token_ms; new.total_ms := c.total_ms;
      new.prompt := CASE WHEN NOT is_charged THEN 0 WHEN c."strict" THEN least(c.true_prompt, c.prompt_held) ELSE c.true_prompt END;
      new.output := CASE WHEN is_charged THEN least(c.true_output, c.out_held) ELSE 0 END;
      new.cost := cost_of(new.prompt, new.output, c.price_in, c.price_out);
      new.excess := greatest(new.prompt - c.prompt_held, 0);
      new.uncharged := CASE WHEN is_charged THEN c.true_prompt - new.prompt + c.true_output - new.output ELSE 0 END;
      new.line_amount := '{}'; new.line_excess := '{}';

      FOR n IN 1 .. cardinality(c.line_limit) LOOP
        i := array_position(l_id, c.line_limit[n]);
        taken := c.line_amount[n]; moved := 0;
        truth := CASE l_metric[i] WHEN 'tokens' THEN new.prompt + new.output WHEN 'requests' THEN is_charged::int WHEN 'cost' THEN new.cost ELSE 0 END;
        IF l_win[i] = 'minute' THEN
          IF l_metric[i] <> 'requests' THEN
            moved := rate_moved(taken, truth, l_amount[i], c.admitted_at, at);
            -- From when on less of it is given back.
            IF moved < 0 THEN due := least(due, c.admitted_at + (60000000 + moved) * interval '1 microsecond'); END IF;
          END IF;
          new.line_amount := new.line_amount || taken; new.line_excess := new.line_excess || 0::bigint;
          taken := 0; truth := 0;
        ELSE
          new.line_amount := new.line_amount || truth;
          new.line_excess := new.line_excess || CASE WHEN l_win[i] = 'open' THEN 0 WHEN c.forced THEN truth ELSE greatest(truth - taken, 0) END;
        END IF;
        IF c.line_start[n] = l_start[i] THEN
          d_used[i] := d_used[i] + truth; d_held[i] := d_held[i] - taken; d_tat[i] := d_tat[i] + moved;
        ELSE
          left_behind := left_behind || ROW (l_id[i], c.line_start[n], truth, -taken, moved)::ledger_delta;
        END IF;
      END LOOP;
      news := news || new;
      results := results || format('{"state":"closed","outcome":"%s","prompt":%s,"output":%s,"cost":%s}', new.outcome, new.prompt, new.output, new.cost);
    END LOOP;
    -- Swept meanwhile: it has a receipt now, to be corrected.
    IF found < cardinality(ids) THEN RETURN settle_v1(calls); END IF;
    EXIT WHEN is_locked;
    SELECT array_agg(amount), array_agg(starts_at), (array_agg(amount), array_agg(starts_at)) IS NOT DISTINCT FROM (l_amount, l_start)
      INTO l_amount, l_start, is_as_planned
      FROM (SELECT * FROM (SELECT * FROM limits WHERE id = ANY (lines) ORDER BY depth DESC, id FOR NO KEY UPDATE) locked ORDER BY depth, id) l;
    at := ledger_now();
    is_locked := true;
    EXIT WHEN is_as_planned AND at < due;
  END LOOP;

  -- By the index, and so in the order in which renewals lock them, too: a bitmap's order would be that of the pages.
  DELETE FROM holds WHERE request_id = ANY (ids);
  GET DIAGNOSTICS found = ROW_COUNT;
  -- Swept while we waited for its tenant: with the next try its receipt is found.
  IF found < cardinality(ids) THEN
    RAISE EXCEPTION 'a call expired while it was settled' USING errcode = 'serialization_failure';
  END IF;
  INSERT INTO receipts (request_id, router_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held,
      strict, latin, cjk, other, messages, images, end_user, tag, upstream, forced, admitted_at, line_limit, line_start, line_amount,
      line_excess, outcome, final, source, prompt_reported, output_reported, output_counted, prompt, output, cost, excess, uncharged,
      reason, attempts, first_token_ms, total_ms, closed_at)
  SELECT request_id, router_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held,
         strict, latin, cjk, other, messages, images, end_user, tag, upstream, forced, admitted_at, line_limit, line_start, line_amount,
         line_excess, outcome, true, source, prompt_reported, output_reported, output_counted, prompt, output, cost, excess, uncharged,
         reason, attempts, first_token_ms, total_ms, at
    FROM unnest(news) ORDER BY request_id;
  PERFORM roll_up(ids, '{}');
  UPDATE limits l
     SET (used, held, tat_us) = (SELECT l.used + d_used[place], l.held + d_held[place], l.tat_us + d_tat[place]
                                   FROM (SELECT array_position(l_id, l.id) AS place OFFSET 0) found)
   WHERE l.id = ANY (ARRAY(SELECT id FROM ROWS FROM (unnest(l_id), unnest(d_used), unnest(d_held), unnest(d_tat)) AS moved (id, used, held, tat_us)
                            WHERE (used, held, tat_us) <> (0, 0, 0)));
  IF cardinality(left_behind) > 0 THEN
    SELECT array_agg(ROW (limit_id, start, used, held, tat_us)::ledger_delta) INTO deltas
      FROM (SELECT limit_id, start, sum(used)::bigint AS used, sum(held)::bigint AS held, sum(tat_us)::bigint AS tat_us FROM unnest(left_behind) GROUP BY limit_id, start) summed;
    PERFORM apply_deltas(deltas);
  END IF;
  RETURN '[' || array_to_string(results, ',') || ']';
END $$;
--> statement-breakpoint

-- As in 0002, and it looks whether it has closed all: calls without limits have no lock behind which to wait for who closes one of them.
CREATE OR REPLACE FUNCTION close_holds(closings ledger_closing[], at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE deltas ledger_delta[]; closed integer;
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
  SELECT array_agg(ROW (limit_id, start, used, held, tat_us)::ledger_delta), (SELECT count(*) FROM gone) INTO deltas, closed FROM summed;
  -- One was closed by another meanwhile, and is in the roll-ups: with the next try its receipt is found.
  IF closed < cardinality(closings) THEN
    RAISE EXCEPTION 'a call was closed twice at once' USING errcode = 'serialization_failure';
  END IF;
  IF deltas IS NOT NULL THEN PERFORM apply_deltas(deltas); END IF;
END $$;
