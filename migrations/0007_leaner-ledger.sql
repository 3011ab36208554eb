-- Admission and settlement again, with less work while the tenant is locked (docs/decisions/0013-less-work-behind-the-lock.md).
-- What a call needs to know of its key, model and price is read before the lock; the limits are read as they are locked; what is
-- decided is counted in memory and each row written once. The rules are those of 0002, whose helpers these use; version 1 stays for
-- the routers of the version before, and counts in the same rows.

-- Tables are looked up by arrays of ids, or by a LEFT JOIN from the calls: an inner join might be planned the other way round while a
-- table is short, and then read all of it when it is long.
-- What is written to a row is at its place in arrays beside that of its id.

-- What admission knows of a call before it locks anything.
CREATE TYPE ledger_asked AS (
  id uuid, router uuid, key_id integer, consumer_id integer, root_id integer, lines integer[], model text, end_user text, tag text,
  latin integer, cjk integer, other integer, messages integer, images integer, choices integer,
  refusal text, expires_at timestamptz, estimate bigint, bound bigint, prompt_limit bigint, wanted bigint, useful bigint, usual_output bigint,
  price_version integer, price_in bigint, price_out bigint, rate integer, output_chars integer);
--> statement-breakpoint

-- What is known of these calls, in their order. Keys, consumers, models and prices are read, never locked.
CREATE FUNCTION asked_of(calls jsonb) RETURNS ledger_asked[] LANGUAGE plpgsql AS $$
DECLARE asked ledger_asked[];
BEGIN
  SELECT array_agg(ROW (q.id, q.router, k.id, k.consumer_id, o.root_id, path.lines, q.model, q.end_user, q.tag,
           q.latin, q.cjk, q.other, q.messages, q.images, q.choices,
           CASE WHEN (k.status = 'active' AND up.active) IS NOT TRUE THEN 'key'
                WHEN NOT (m.name IS NOT NULL AND coalesce(q.model = ANY (k.models), true) AND up.granted) THEN 'model'
                WHEN NOT (k.cidrs IS NULL OR coalesce(q.address <<= ANY (k.cidrs::inet[]), false)) THEN 'address' END,
           k.expires_at, estimated.estimate, measured.bound, coalesce(m.context_tokens * measured.contexts, 2 * measured.bound + 1000),
           least(measured.asked, m.max_output_tokens,
                 CASE WHEN m.context_tokens IS NOT NULL THEN greatest(m.context_tokens - estimated.estimate / measured.contexts, m.min_output) END),
           least(measured.asked, m.min_output), coalesce(s.usual_output, 256),
           coalesce(p.version, 0), coalesce(p.input, 0), coalesce(p.output, 0), coalesce(s.rate, 50000), coalesce(s.output_chars, 3500)
         )::ledger_asked ORDER BY q.n)
    INTO asked
    FROM ROWS FROM (jsonb_to_recordset(calls) AS (
           id uuid, router uuid, key integer, address inet, model text, messages integer, tools integer, images integer, bytes bigint,
           latin integer, cjk integer, other integer, output bigint, choices integer, prompts integer, "endUser" text, tag text))
         WITH ORDINALITY AS q (id, router, key, address, model, messages, tools, images, bytes, latin, cjk, other, output, choices, prompts, end_user, tag, n)
    LEFT JOIN keys k ON k.id = q.key
    LEFT JOIN consumers o ON o.id = k.consumer_id
    LEFT JOIN LATERAL (SELECT bool_and(a.status = 'active') AS active, bool_and(coalesce(q.model = ANY (a.models), true)) AS granted
                         FROM consumers a WHERE a.id = ANY (o.path)) up ON true
    LEFT JOIN LATERAL (SELECT array_agg(l.id ORDER BY l.depth DESC, l.id) AS lines
                         FROM (SELECT id, depth FROM limits WHERE key_id = k.id AND retired_at IS NULL
                               UNION ALL SELECT id, depth FROM limits WHERE consumer_id = ANY (o.path) AND retired_at IS NULL) l) path ON true
    LEFT JOIN models m ON m.name = q.model AND m.status = 'active'
    LEFT JOIN LATERAL (SELECT * FROM prices WHERE prices.model = q.model ORDER BY version DESC LIMIT 1) p ON true
    LEFT JOIN calibrations s ON s.model = q.model
   -- Of several prompts in one call, each may be as long as the context.
   CROSS JOIN LATERAL (SELECT greatest(coalesce(q.prompts, 1), 1)::bigint AS contexts) several
   CROSS JOIN LATERAL (SELECT several.contexts, coalesce(q.output, m.default_output, m.max_output_tokens, 8192) AS asked,
                              least(q.bytes + 16 * q.messages::bigint + 64 * q.tools::bigint + 256 + q.images::bigint * coalesce(m.image_tokens, 0),
                                    m.context_tokens * several.contexts) AS bound) measured
   CROSS JOIN LATERAL (SELECT least((q.latin::bigint * coalesce(s.latin, 250000) + q.cjk::bigint * coalesce(s.cjk, 700000)
                                     + q.other::bigint * coalesce(s.other, 500000) + 999999) / 1000000
                                    + q.messages::bigint * coalesce(s.message_tokens, 8) + q.images::bigint * m.image_tokens + 4,
                                    measured.bound) AS estimate) estimated;
  RETURN asked;
END $$;
--> statement-breakpoint

-- A limit as the caller's headers show it, as JSON.
CREATE FUNCTION shown_limit(win text, amount bigint, left_now bigint, tat_us bigint, ends_at timestamptz, at timestamptz, at_us bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT '{"limit":' || amount::text || ',"left":' || left_now::text || ',"resetMs":' || coalesce(((999 +
           CASE WHEN win = 'minute' THEN greatest(tat_us - at_us, 0)
                WHEN ends_at < 'infinity' THEN floor(extract(epoch FROM ends_at - at) * 1000000)::bigint END) / 1000)::text, 'null') || '}'
$$;
--> statement-breakpoint

-- Admits calls: each takes all it needs from every limit between its key and the root, or nothing. In the order they came,
-- so that what one takes is gone for the next. Returns a verdict each (shared/ledger/verdict.ts says what is in it).
CREATE FUNCTION admit_v2(calls jsonb) RETURNS json LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
  at timestamptz; at_us bigint; minute_us constant bigint := 60000000; never constant bigint := 9223372036854775807;
  asked ledger_asked[] := coalesce(asked_of(calls), '{}'); a ledger_asked;
  ids uuid[] := '{}'; roots integer[] := '{}'; lines integer[] := '{}'; lost jsonb[]; expired uuid[]; known uuid[]; is_tidy boolean := false;
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
    IF a.root_id IS NOT NULL AND a.root_id <> ALL (roots) THEN roots := roots || a.root_id; END IF;
  END LOOP;
  expired := expired_holds(roots, 16, ledger_now());
  SELECT array_agg(e || jsonb_build_object('echo', e -> 'force')) INTO lost FROM jsonb_array_elements(calls) e WHERE jsonb_typeof(e -> 'force') = 'object';
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

-- Settles and releases what nearly every batch is: open holds, each named once. Whatever else is among them (a receipt that
-- expired, a hold that was lost, an id that never was) takes the whole batch the way of version 1, which knows all of it.
CREATE FUNCTION settle_v2(calls jsonb) RETURNS json LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET enable_bitmapscan = off AS $$
DECLARE
  at timestamptz; ids uuid[]; lines integer[]; found integer := 0;
  -- The locked limits, side by side, and what each gets: written once.
  l_id integer[]; l_win text[]; l_metric text[]; l_amount bigint[]; l_start timestamptz[];
  d_used bigint[]; d_held bigint[]; d_tat bigint[]; left_behind ledger_delta[] := '{}'; deltas ledger_delta[];
  c record; i integer; is_charged boolean; taken bigint; truth bigint; moved bigint;
  new receipts; news receipts[] := '{}'; results text[] := '{}';
BEGIN
  -- Without locks: what has to be locked. The lines of a hold never change.
  SELECT array_agg(h.request_id) INTO ids FROM holds h WHERE h.request_id = ANY (ARRAY(SELECT id FROM jsonb_to_recordset(calls) AS q (id uuid)));
  IF cardinality(ids) IS DISTINCT FROM jsonb_array_length(calls) THEN RETURN settle_v1(calls); END IF;
  lines := ARRAY(SELECT DISTINCT unnest(h.line_limit) FROM holds h WHERE h.request_id = ANY (ids));
  SELECT array_agg(id), array_agg(metric), array_agg(win), array_agg(amount), array_agg(starts_at),
         array_agg(0::bigint), array_agg(0::bigint), array_agg(0::bigint)
    INTO l_id, l_metric, l_win, l_amount, l_start, d_used, d_held, d_tat
    FROM (SELECT * FROM (SELECT * FROM limits WHERE id = ANY (lines) ORDER BY depth DESC, id FOR NO KEY UPDATE) locked ORDER BY depth, id) l;
  at := ledger_now();

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
        IF l_metric[i] <> 'requests' THEN moved := rate_moved(taken, truth, l_amount[i], c.admitted_at, at); END IF;
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
  -- Swept while we waited for its tenant: it has a receipt now, to be corrected.
  IF found < cardinality(ids) THEN RETURN settle_v1(calls); END IF;

  -- By the index, and so in the order in which renewals lock them, too: a bitmap's order would be that of the pages.
  DELETE FROM holds WHERE request_id = ANY (ids);
  GET DIAGNOSTICS found = ROW_COUNT;
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
  UPDATE limits l SET used = l.used + d_used[array_position(l_id, l.id)], held = l.held + d_held[array_position(l_id, l.id)],
         tat_us = l.tat_us + d_tat[array_position(l_id, l.id)]
   WHERE l.id = ANY (l_id)
     AND (d_used[array_position(l_id, l.id)], d_held[array_position(l_id, l.id)], d_tat[array_position(l_id, l.id)]) <> (0, 0, 0);
  IF cardinality(left_behind) > 0 THEN
    SELECT array_agg(ROW (limit_id, start, used, held, tat_us)::ledger_delta) INTO deltas
      FROM (SELECT limit_id, start, sum(used)::bigint AS used, sum(held)::bigint AS held, sum(tat_us)::bigint AS tat_us FROM unnest(left_behind) GROUP BY limit_id, start) summed;
    PERFORM apply_deltas(deltas);
  END IF;
  RETURN '[' || array_to_string(results, ',') || ']';
END $$;
--> statement-breakpoint

-- Puts back holds that a failover of the database lost, from what their routers still know, even above an amount:
-- their calls are under way. The limits of their lines are locked.
-- As in 0002, and with a look at receipts that were written meanwhile: a call without limits has no lock behind which to wait for them.
CREATE OR REPLACE FUNCTION put_back(calls jsonb[], at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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
  IF EXISTS (SELECT FROM receipts r WHERE r.request_id = ANY (ARRAY(SELECT (e ->> 'id')::uuid FROM unnest(calls) e))
               AND EXISTS (SELECT FROM holds h WHERE h.request_id = r.request_id)) THEN
    RAISE EXCEPTION 'a call was closed while it was put back' USING errcode = 'serialization_failure';
  END IF;
  IF deltas IS NULL THEN RETURN; END IF;
  -- A roll-over that was lost with the holds happens again first.
  PERFORM leave_windows(ARRAY[l.id], d.start) FROM unnest(deltas) d JOIN limits l ON l.id = d.limit_id AND l.ends_at <= d.start;
  PERFORM apply_deltas(deltas);
END $$;
--> statement-breakpoint

-- Lengthens the leases of holds, with what their routers know. One that is closed has gone: its router must end the call.
-- As in 0002, by arrays.
CREATE OR REPLACE FUNCTION renew_v1(calls jsonb) RETURNS jsonb LANGUAGE plpgsql
SET lock_timeout = '1s' SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE ids uuid[]; starts boolean[]; upstreams text[]; progresses bigint[]; first_tokens boolean[]; intervals integer[]; at timestamptz; result jsonb;
BEGIN
  SELECT array_agg(id), array_agg(started), array_agg(upstream), array_agg(progress), array_agg(first_token), array_agg(interval_ms)
    INTO ids, starts, upstreams, progresses, first_tokens, intervals
    FROM (SELECT id, bool_or(started) AS started, max(upstream) AS upstream, max(progress) AS progress,
                 bool_or("firstToken") AS first_token, max("intervalMs") AS interval_ms
            FROM jsonb_to_recordset(calls) AS q (id uuid, started boolean, upstream text, progress bigint, "firstToken" boolean, "intervalMs" integer)
           GROUP BY id) q;
  PERFORM 1 FROM holds WHERE request_id = ANY (ids) ORDER BY request_id FOR UPDATE;
  at := ledger_now();
  UPDATE holds h
     SET started = h.started OR starts[array_position(ids, h.request_id)], upstream = coalesce(upstreams[array_position(ids, h.request_id)], h.upstream),
         progress = greatest(h.progress, progresses[array_position(ids, h.request_id)]),
         first_token = h.first_token OR first_tokens[array_position(ids, h.request_id)],
         interval_ms = intervals[array_position(ids, h.request_id)], renewed_at = at,
         lease_end = at + greatest(10000, 3 * intervals[array_position(ids, h.request_id)]) * interval '1 millisecond'
   WHERE h.request_id = ANY (ids);
  SELECT jsonb_agg(CASE WHEN EXISTS (SELECT FROM holds h WHERE h.request_id = q.id) THEN 'renewed'
                        WHEN EXISTS (SELECT FROM receipts r WHERE r.request_id = q.id) THEN 'gone' ELSE 'missing' END ORDER BY n)
    INTO result
    FROM ROWS FROM (jsonb_to_recordset(calls) AS (id uuid)) WITH ORDINALITY AS q (id, n);
  RETURN result;
END $$;
