CREATE TABLE "catalog_versions" (
	"version" bigint PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"note" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "upstream_states" (
	"upstream_id" integer PRIMARY KEY NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"open_until" timestamp with time zone,
	"probe_until" timestamp with time zone,
	"checked_at" timestamp with time zone,
	"has" text[],
	"loaded" text[],
	"version" text
);
--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "aliases" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "routes" ADD COLUMN "canary_percent" smallint;--> statement-breakpoint
ALTER TABLE "routes" ADD COLUMN "canary_header" text;--> statement-breakpoint
ALTER TABLE "upstreams" ADD COLUMN "slots" smallint;--> statement-breakpoint
ALTER TABLE "upstreams" ADD COLUMN "headers" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "upstreams" ADD COLUMN "output_cap_field" text DEFAULT 'max_tokens' NOT NULL;--> statement-breakpoint
ALTER TABLE "upstreams" ADD COLUMN "connect_timeout_ms" integer;--> statement-breakpoint
ALTER TABLE "upstreams" ADD COLUMN "first_piece_timeout_ms" integer;--> statement-breakpoint
ALTER TABLE "upstreams" ADD COLUMN "idle_timeout_ms" integer;--> statement-breakpoint
ALTER TABLE "upstreams" ADD COLUMN "total_timeout_ms" integer;--> statement-breakpoint
ALTER TABLE "upstreams" ADD COLUMN "status" text DEFAULT 'active' NOT NULL;--> statement-breakpoint
ALTER TABLE "upstream_states" ADD CONSTRAINT "upstream_states_upstream_id_upstreams_id_fk" FOREIGN KEY ("upstream_id") REFERENCES "public"."upstreams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routes" ADD CONSTRAINT "routes_canary_percent" CHECK ("routes"."canary_percent" between 1 and 100);--> statement-breakpoint
ALTER TABLE "upstreams" ADD CONSTRAINT "upstreams_slots" CHECK ("upstreams"."slots" > 0);--> statement-breakpoint
ALTER TABLE "upstreams" ADD CONSTRAINT "upstreams_status" CHECK ("upstreams"."status" in ('active', 'disabled'));--> statement-breakpoint
ALTER TABLE "upstreams" ADD CONSTRAINT "upstreams_output_cap_field" CHECK ("upstreams"."output_cap_field" in ('max_tokens', 'max_completion_tokens'));--> statement-breakpoint
ALTER TABLE "upstreams" ADD CONSTRAINT "upstreams_timeouts" CHECK (least("upstreams"."connect_timeout_ms", "upstreams"."first_piece_timeout_ms", "upstreams"."idle_timeout_ms", "upstreams"."total_timeout_ms") > 0);