CREATE SEQUENCE "public"."model_job_fence" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "blob_leases" (
	"digest" text PRIMARY KEY NOT NULL,
	"job_id" text NOT NULL,
	"fence" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"model" text NOT NULL,
	"request" jsonb NOT NULL,
	"requested_by" text NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"fence" bigint DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"stop_requested" boolean DEFAULT false NOT NULL,
	"phase" text,
	"layers" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"completed_bytes" bigint DEFAULT 0 NOT NULL,
	"total_bytes" bigint DEFAULT 0 NOT NULL,
	"digests" text[] DEFAULT '{}' NOT NULL,
	"manifest_digest" text,
	"result" jsonb,
	"failure" text,
	"reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "model_jobs_kind" CHECK ("model_jobs"."kind" in ('pull', 'create', 'delete', 'collect', 'mirror')),
	CONSTRAINT "model_jobs_status" CHECK ("model_jobs"."status" in ('queued', 'running', 'ready', 'failed', 'stopped')),
	CONSTRAINT "model_jobs_lease" CHECK (("model_jobs"."status" = 'running') = ("model_jobs"."lease_until" is not null)),
	CONSTRAINT "model_jobs_end" CHECK (("model_jobs"."status" in ('ready', 'failed', 'stopped')) = ("model_jobs"."ended_at" is not null)),
	CONSTRAINT "model_jobs_reason" CHECK (("model_jobs"."status" = 'failed') = ("model_jobs"."reason" is not null))
);
--> statement-breakpoint
ALTER TABLE "upstreams" DROP CONSTRAINT "upstreams_credential";--> statement-breakpoint
ALTER TABLE "keys" ADD COLUMN "rights" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "blob_leases" ADD CONSTRAINT "blob_leases_job_id_model_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."model_jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "blob_leases_job" ON "blob_leases" USING btree ("job_id");--> statement-breakpoint
CREATE UNIQUE INDEX "model_jobs_writer" ON "model_jobs" USING btree ("model") WHERE "model_jobs"."status" in ('queued', 'running') and "model_jobs"."kind" <> 'mirror';--> statement-breakpoint
CREATE UNIQUE INDEX "model_jobs_mirror" ON "model_jobs" USING btree ("model") WHERE "model_jobs"."status" in ('queued', 'running') and "model_jobs"."kind" = 'mirror';--> statement-breakpoint
CREATE INDEX "model_jobs_created" ON "model_jobs" USING btree ("created_at","id");--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_rights" CHECK ("keys"."rights" <@ array['pull']);--> statement-breakpoint
ALTER TABLE "upstreams" ADD CONSTRAINT "upstreams_credential" CHECK ("upstreams"."credential" ~ '^(signed:)?env:UPSTREAM_[A-Z0-9_]+$');
--> statement-breakpoint
-- As v1, with what the key may do besides calling models.
CREATE FUNCTION find_keys_v2(asked jsonb)
RETURNS TABLE (key_id integer, hmac bytea, consumer_id integer, root_id integer, may_come boolean, usable boolean, grants jsonb, rights jsonb, catalog_version bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT found.key_id, found.hmac, found.consumer_id, found.root_id, found.may_come, found.usable, found.grants, found.rights, catalog.version
    FROM ROWS FROM (jsonb_to_recordset(asked) AS ("publicId" text, address inet)) WITH ORDINALITY AS shown (public_id, address, position)
   CROSS JOIN catalog
    LEFT JOIN LATERAL (
      SELECT k.id AS key_id, t.hmac, c.id AS consumer_id, c.root_id,
             k.cidrs IS NULL OR coalesce(shown.address <<= ANY (k.cidrs::inet[]), false) AS may_come,
             k.status = 'active' AND coalesce(k.expires_at > now(), true) AND path.active AS usable,
             CASE WHEN k.models IS NULL THEN path.grants ELSE path.grants || jsonb_build_array(to_jsonb(k.models)) END AS grants,
             to_jsonb(k.rights) AS rights
        FROM key_tokens t
        JOIN keys k ON k.id = t.key_id
        JOIN consumers c ON c.id = k.consumer_id
       CROSS JOIN LATERAL (
         SELECT bool_and(a.status = 'active') AS active,
                coalesce(jsonb_agg(to_jsonb(a.models)) FILTER (WHERE a.models IS NOT NULL), '[]') AS grants
           FROM consumers a
          WHERE a.id = ANY (c.path)
       ) path
       WHERE t.public_id = shown.public_id AND coalesce(t.valid_until > now(), true)
    ) found ON true
   ORDER BY shown.position;
END $$;
