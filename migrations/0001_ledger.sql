CREATE TABLE "key_tokens" (
	"public_id" text PRIMARY KEY NOT NULL,
	"hmac" "bytea" NOT NULL,
	"key_id" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"valid_until" timestamp with time zone,
	CONSTRAINT "key_tokens_hmac_unique" UNIQUE("hmac"),
	CONSTRAINT "key_tokens_hmac" CHECK (octet_length("key_tokens"."hmac") = 32)
);
--> statement-breakpoint
CREATE TABLE "calibrations" (
	"model" text PRIMARY KEY NOT NULL,
	"latin" integer NOT NULL,
	"cjk" integer NOT NULL,
	"other" integer NOT NULL,
	"message_tokens" integer NOT NULL,
	"output_chars" integer NOT NULL,
	"usual_output" integer NOT NULL,
	"rate" integer NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"request_id" uuid PRIMARY KEY NOT NULL,
	"router_id" uuid,
	"key_id" integer NOT NULL,
	"consumer_id" integer NOT NULL,
	"root_id" integer NOT NULL,
	"model" text NOT NULL,
	"price_version" integer NOT NULL,
	"prompt_est" bigint NOT NULL,
	"prompt_held" bigint NOT NULL,
	"out_held" bigint NOT NULL,
	"strict" boolean NOT NULL,
	"latin" integer NOT NULL,
	"cjk" integer NOT NULL,
	"other" integer NOT NULL,
	"messages" integer NOT NULL,
	"images" integer NOT NULL,
	"end_user" text,
	"tag" text,
	"upstream" text,
	"forced" boolean DEFAULT false NOT NULL,
	"admitted_at" timestamp with time zone NOT NULL,
	"line_limit" integer[] NOT NULL,
	"line_start" timestamp with time zone[] NOT NULL,
	"line_amount" bigint[] NOT NULL,
	"rate" integer NOT NULL,
	"cut" boolean DEFAULT false NOT NULL,
	"started" boolean DEFAULT false NOT NULL,
	"first_token" boolean DEFAULT false NOT NULL,
	"progress" bigint DEFAULT 0 NOT NULL,
	"interval_ms" integer NOT NULL,
	"renewed_at" timestamp with time zone NOT NULL,
	"lease_end" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_policy" (
	"id" smallint PRIMARY KEY NOT NULL,
	"expiry_grace_ms" integer DEFAULT 20000 NOT NULL,
	"restart_grace_ms" integer DEFAULT 60000 NOT NULL,
	"final_after_ms" integer DEFAULT 3600000 NOT NULL,
	CONSTRAINT "ledger_policy_one_row" CHECK ("ledger_policy"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "limits" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "limits_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"consumer_id" integer,
	"key_id" integer,
	"depth" smallint NOT NULL,
	"metric" text NOT NULL,
	"win" text NOT NULL,
	"amount" bigint NOT NULL,
	"strict" boolean NOT NULL,
	"strict_since" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"retired_at" timestamp with time zone,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"used" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"peak" bigint NOT NULL,
	"carried" bigint DEFAULT 0 NOT NULL,
	"tat_us" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "limits_owner" CHECK (num_nonnulls("limits"."consumer_id", "limits"."key_id") = 1),
	CONSTRAINT "limits_metric" CHECK ("limits"."metric" in ('requests', 'tokens', 'cost', 'parallel')),
	CONSTRAINT "limits_win" CHECK ("limits"."win" in ('minute', 'hour', 'day', 'month', 'total', 'open')),
	CONSTRAINT "limits_parallel" CHECK (("limits"."metric" = 'parallel') = ("limits"."win" = 'open')),
	CONSTRAINT "limits_amount" CHECK ("limits"."amount" between 0 and 9007199254740992),
	CONSTRAINT "limits_rate" CHECK ("limits"."win" <> 'minute' or "limits"."amount" <= 100000000000),
	CONSTRAINT "limits_window" CHECK ("limits"."starts_at" < "limits"."ends_at")
);
--> statement-breakpoint
CREATE TABLE "prices" (
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"input" bigint NOT NULL,
	"output" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "prices_model_version_pk" PRIMARY KEY("model","version"),
	CONSTRAINT "prices_version" CHECK ("prices"."version" > 0),
	CONSTRAINT "prices_input" CHECK ("prices"."input" between 0 and 1000000000000),
	CONSTRAINT "prices_output" CHECK ("prices"."output" between 0 and 1000000000000)
);
--> statement-breakpoint
CREATE TABLE "receipts" (
	"request_id" uuid PRIMARY KEY NOT NULL,
	"router_id" uuid,
	"key_id" integer NOT NULL,
	"consumer_id" integer NOT NULL,
	"root_id" integer NOT NULL,
	"model" text NOT NULL,
	"price_version" integer NOT NULL,
	"prompt_est" bigint NOT NULL,
	"prompt_held" bigint NOT NULL,
	"out_held" bigint NOT NULL,
	"strict" boolean NOT NULL,
	"latin" integer NOT NULL,
	"cjk" integer NOT NULL,
	"other" integer NOT NULL,
	"messages" integer NOT NULL,
	"images" integer NOT NULL,
	"end_user" text,
	"tag" text,
	"upstream" text,
	"forced" boolean DEFAULT false NOT NULL,
	"admitted_at" timestamp with time zone NOT NULL,
	"line_limit" integer[] NOT NULL,
	"line_start" timestamp with time zone[] NOT NULL,
	"line_amount" bigint[] NOT NULL,
	"outcome" text NOT NULL,
	"final" boolean NOT NULL,
	"source" text NOT NULL,
	"prompt_reported" bigint,
	"output_reported" bigint,
	"output_counted" bigint,
	"prompt" bigint DEFAULT 0 NOT NULL,
	"output" bigint DEFAULT 0 NOT NULL,
	"cost" bigint DEFAULT 0 NOT NULL,
	"excess" bigint DEFAULT 0 NOT NULL,
	"uncharged" bigint DEFAULT 0 NOT NULL,
	"line_excess" bigint[] NOT NULL,
	"hold_lost" boolean DEFAULT false NOT NULL,
	"reason" text,
	"attempts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"first_token_ms" integer,
	"total_ms" integer,
	"closed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "receipts_outcome" CHECK ("receipts"."outcome" in ('settled', 'released', 'expired', 'void')),
	CONSTRAINT "receipts_source" CHECK ("receipts"."source" in ('reported', 'counted', 'estimated'))
);
--> statement-breakpoint
CREATE TABLE "rollups" (
	"hour" timestamp with time zone NOT NULL,
	"consumer_id" integer NOT NULL,
	"key_id" integer NOT NULL,
	"model" text NOT NULL,
	"upstream" text NOT NULL,
	"requests" bigint DEFAULT 0 NOT NULL,
	"failed" bigint DEFAULT 0 NOT NULL,
	"prompt" bigint DEFAULT 0 NOT NULL,
	"output" bigint DEFAULT 0 NOT NULL,
	"cost" bigint DEFAULT 0 NOT NULL,
	"reported" bigint DEFAULT 0 NOT NULL,
	"reported_prompt" bigint DEFAULT 0 NOT NULL,
	"reported_output" bigint DEFAULT 0 NOT NULL,
	"latin" bigint DEFAULT 0 NOT NULL,
	"cjk" bigint DEFAULT 0 NOT NULL,
	"other" bigint DEFAULT 0 NOT NULL,
	"messages" bigint DEFAULT 0 NOT NULL,
	"images" bigint DEFAULT 0 NOT NULL,
	"output_ms" bigint DEFAULT 0 NOT NULL,
	"timed_output" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "rollups_hour_consumer_id_key_id_model_upstream_pk" PRIMARY KEY("hour","consumer_id","key_id","model","upstream")
);
--> statement-breakpoint
CREATE TABLE "windows" (
	"limit_id" integer NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"used" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"peak" bigint NOT NULL,
	"carried" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "windows_limit_id_starts_at_pk" PRIMARY KEY("limit_id","starts_at")
);
--> statement-breakpoint
ALTER TABLE "keys" ADD COLUMN "cidrs" "cidr"[];--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "default_output" integer;--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "min_output" integer DEFAULT 64 NOT NULL;--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "image_tokens" integer DEFAULT 1500 NOT NULL;--> statement-breakpoint
ALTER TABLE "key_tokens" ADD CONSTRAINT "key_tokens_key_id_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "public"."keys"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "limits" ADD CONSTRAINT "limits_consumer_id_consumers_id_fk" FOREIGN KEY ("consumer_id") REFERENCES "public"."consumers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "limits" ADD CONSTRAINT "limits_key_id_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "public"."keys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prices" ADD CONSTRAINT "prices_model_models_name_fk" FOREIGN KEY ("model") REFERENCES "public"."models"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "key_tokens_current" ON "key_tokens" USING btree ("key_id") WHERE "key_tokens"."valid_until" is null;--> statement-breakpoint
CREATE INDEX "key_tokens_key" ON "key_tokens" USING btree ("key_id");--> statement-breakpoint
CREATE INDEX "holds_lease" ON "holds" USING btree ("root_id","lease_end");--> statement-breakpoint
CREATE UNIQUE INDEX "limits_of_consumer" ON "limits" USING btree ("consumer_id","metric","win") WHERE "limits"."retired_at" is null and "limits"."consumer_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "limits_of_key" ON "limits" USING btree ("key_id","metric","win") WHERE "limits"."retired_at" is null and "limits"."key_id" is not null;--> statement-breakpoint
CREATE INDEX "rollups_consumer" ON "rollups" USING btree ("consumer_id","hour");--> statement-breakpoint
CREATE INDEX "rollups_model" ON "rollups" USING btree ("model","hour");--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_default_output" CHECK ("models"."default_output" > 0);--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_min_output" CHECK ("models"."min_output" > 0);--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_image_tokens" CHECK ("models"."image_tokens" between 0 and 1000000);--> statement-breakpoint

-- Counters change with every call: room on the page, so that an update need not touch an index.
ALTER TABLE limits SET (fillfactor = 50);
--> statement-breakpoint
-- Every call makes and deletes a row here: what is dead goes soon, or each look for expired holds would wade through it.
ALTER TABLE holds SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
INSERT INTO ledger_policy (id) VALUES (1);
--> statement-breakpoint

-- The ledger's only clock. A function, so that tests can set it.
CREATE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';
--> statement-breakpoint

-- The calendar window around an instant. Hours are UTC's; days and months are those of the zone.
-- Where a clock is set back over midnight, midnight comes twice: the day begins with the second.
CREATE FUNCTION window_around(win text, zone text, at timestamptz, OUT starts timestamptz, OUT ends timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  step interval := CASE win WHEN 'day' THEN interval '1 day' ELSE interval '1 month' END;
  today timestamp;
BEGIN
  IF win = 'hour' THEN
    starts := date_trunc('hour', at, 'UTC'); ends := starts + interval '1 hour';
  ELSIF win IN ('day', 'month') THEN
    today := date_trunc(win, at AT TIME ZONE zone);
    IF today AT TIME ZONE zone > at THEN today := today - step; END IF;
    starts := today AT TIME ZONE zone; ends := (today + step) AT TIME ZONE zone;
  ELSE
    starts := at; ends := 'infinity';
  END IF;
END $$;
--> statement-breakpoint

-- Fills in what follows from a limit's owner and kind. A new limit begins at 0, now: what came before does not count.
CREATE FUNCTION limits_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owner_id integer := new.consumer_id; owner consumers;
BEGIN
  IF new.key_id IS NOT NULL THEN
    SELECT consumer_id INTO owner_id FROM keys WHERE id = new.key_id;
  END IF;
  SELECT * INTO owner FROM consumers WHERE id = owner_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the owner of the limit does not exist' USING errcode = 'foreign_key_violation';
  END IF;
  new.depth := owner.depth + (new.key_id IS NOT NULL)::int;
  new."strict" := coalesce(new."strict", new.win IN ('month', 'total'));
  new.starts_at := ledger_now();
  new.strict_since := CASE WHEN new."strict" THEN new.starts_at END;
  new.ends_at := (window_around(new.win, owner.time_zone, new.starts_at)).ends;
  new.peak := new.amount;
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER limits_place BEFORE INSERT ON limits FOR EACH ROW EXECUTE FUNCTION limits_place();
--> statement-breakpoint

-- Whoever raises an amount raises the peak with it; a lowered one leaves it, so that what was right stays right.
CREATE FUNCTION limits_peak() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  new.peak := greatest(old.peak, new.amount);
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER limits_peak BEFORE UPDATE OF amount ON limits FOR EACH ROW EXECUTE FUNCTION limits_peak();
--> statement-breakpoint

CREATE FUNCTION limits_strict_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  new.strict_since := CASE WHEN new."strict" THEN ledger_now() END;
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER limits_strict_since BEFORE UPDATE OF "strict" ON limits FOR EACH ROW
  WHEN (new."strict" IS DISTINCT FROM old."strict") EXECUTE FUNCTION limits_strict_since();
--> statement-breakpoint

-- A charge keeps the version it used, so a version keeps its price.
CREATE FUNCTION prices_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a price is never changed: a new price is a new version' USING errcode = 'check_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER prices_are_final BEFORE UPDATE OR DELETE ON prices FOR EACH ROW EXECUTE FUNCTION prices_are_final();
--> statement-breakpoint
CREATE FUNCTION receipts_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the receipt % is final', old.request_id USING errcode = 'check_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER receipts_are_final BEFORE UPDATE ON receipts FOR EACH ROW WHEN (old.final) EXECUTE FUNCTION receipts_are_final();
--> statement-breakpoint

-- What every window must show, from the holds and receipts that count in it.
CREATE VIEW ledger_windows AS
  WITH held AS (
    SELECT line.limit_id, line.start, sum(line.amount) AS held
      FROM holds h, unnest(h.line_limit, h.line_start, h.line_amount) AS line (limit_id, start, amount)
     GROUP BY 1, 2
  ), used AS (
    SELECT line.limit_id, line.start, sum(line.amount) AS used, sum(line.excess) AS excess,
           sum(line.excess) FILTER (WHERE NOT r.forced AND r.admitted_at >= l.strict_since) AS passed
      FROM receipts r
     CROSS JOIN unnest(r.line_limit, r.line_start, r.line_amount, r.line_excess) AS line (limit_id, start, amount, excess)
      LEFT JOIN limits l ON l.id = line.limit_id
     GROUP BY 1, 2
  ), forced AS (
    SELECT line.limit_id, line.start, sum(line.amount) AS held
      FROM holds h, unnest(h.line_limit, h.line_start, h.line_amount) AS line (limit_id, start, amount)
     WHERE h.forced
     GROUP BY 1, 2
  ), shown AS (
    SELECT id AS limit_id, starts_at AS start, used, held, greatest(amount, peak) AS peak, carried FROM limits
    UNION ALL
    SELECT limit_id, starts_at, used, held, peak, carried FROM windows
  )
  SELECT l.id AS limit_id, start, l.metric, l.win, l.strict,
         coalesce(shown.used, 0) AS used, coalesce(shown.held, 0) AS held, shown.peak,
         CASE WHEN l.win IN ('minute', 'open') THEN 0 ELSE coalesce(used.used, 0) + coalesce(shown.carried, 0) END AS used_by_receipts,
         CASE WHEN l.win = 'minute' THEN 0 ELSE coalesce(held.held, 0) END AS held_by_holds,
         coalesce(used.excess, 0) + CASE WHEN l.win = 'minute' THEN 0 ELSE coalesce(forced.held, 0) END AS excess,
         coalesce(used.passed, 0) AS passed
    FROM shown
    FULL JOIN held USING (limit_id, start)
    FULL JOIN used USING (limit_id, start)
    LEFT JOIN forced USING (limit_id, start)
    LEFT JOIN limits l ON l.id = limit_id;
--> statement-breakpoint

-- The ledger's invariants (design 5): no row is no drift.
CREATE VIEW ledger_drift AS
  SELECT 'used' AS kind, format('limit %s, window of %s', limit_id, start) AS subject, used_by_receipts::numeric AS expected, used::numeric AS found
    FROM ledger_windows WHERE used <> used_by_receipts
  UNION ALL
  SELECT 'held', format('limit %s, window of %s', limit_id, start), held_by_holds, held
    FROM ledger_windows WHERE held <> held_by_holds
  UNION ALL
  SELECT 'overspent', format('limit %s, window of %s', limit_id, start), peak, used + held - excess
    FROM ledger_windows WHERE win <> 'minute' AND used + held - excess > peak
  UNION ALL
  SELECT 'strict limit passed', format('limit %s, window of %s', limit_id, start), 0, passed
    FROM ledger_windows WHERE strict AND win NOT IN ('minute', 'open') AND passed > 0
  UNION ALL
  SELECT 'line of no limit', format('limit %s, window of %s', limit_id, start), used_by_receipts, held_by_holds
    FROM ledger_windows WHERE metric IS NULL
  UNION ALL
  SELECT 'open and closed', h.request_id::text, 1, 2 FROM holds h JOIN receipts r USING (request_id)
  UNION ALL
  SELECT 'output above its hold', request_id::text, out_held, output FROM receipts WHERE output > out_held
  UNION ALL
  SELECT 'prompt above its strict hold', request_id::text, prompt_held, prompt FROM receipts WHERE strict AND prompt > prompt_held AND NOT forced
  UNION ALL
  SELECT 'roll-up of ' || sums.what, format('consumer %s, key %s, %s at %s, hour of %s', consumer_id, key_id, model, upstream, hour), sums.expected, sums.found
    FROM (SELECT date_trunc('hour', admitted_at, 'UTC') AS hour, consumer_id, key_id, model, coalesce(upstream, '') AS upstream,
                 count(*) FILTER (WHERE outcome = 'settled' OR outcome = 'expired' AND NOT final) AS requests,
                 sum(prompt) AS prompt, sum(output) AS output, sum(cost) AS cost
            FROM receipts WHERE outcome <> 'void' GROUP BY 1, 2, 3, 4, 5) r
    FULL JOIN rollups u USING (hour, consumer_id, key_id, model, upstream)
    CROSS JOIN LATERAL (VALUES
      ('requests', coalesce(r.requests, 0), coalesce(u.requests, 0)),
      ('prompt tokens', coalesce(r.prompt, 0), coalesce(u.prompt, 0)),
      ('output tokens', coalesce(r.output, 0), coalesce(u.output, 0)),
      ('cost', coalesce(r.cost, 0), coalesce(u.cost, 0))) AS sums (what, expected, found)
   WHERE sums.expected <> sums.found;
--> statement-breakpoint

INSERT INTO key_tokens (public_id, hmac, key_id, created_at) SELECT public_id, hmac, id, created_at FROM keys;
--> statement-breakpoint

-- Whoever writes a token into keys, this table follows. The token that was current ends there and then, unless the same
-- transaction has given it a grace before.
CREATE FUNCTION key_tokens_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tg_op = 'UPDATE' THEN
    UPDATE key_tokens SET valid_until = now() WHERE key_id = new.id AND valid_until IS NULL;
  END IF;
  INSERT INTO key_tokens (public_id, hmac, key_id) VALUES (new.public_id, new.hmac, new.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER key_tokens_follow_insert AFTER INSERT ON keys FOR EACH ROW EXECUTE FUNCTION key_tokens_follow();
--> statement-breakpoint
CREATE TRIGGER key_tokens_follow_update AFTER UPDATE OF public_id, hmac ON keys FOR EACH ROW
  WHEN (new.public_id IS DISTINCT FROM old.public_id OR new.hmac IS DISTINCT FROM old.hmac) EXECUTE FUNCTION key_tokens_follow();
