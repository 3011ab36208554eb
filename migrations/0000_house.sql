CREATE TABLE "catalog" (
	"id" smallint PRIMARY KEY NOT NULL,
	"version" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "consumers" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "consumers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"parent_id" integer,
	"root_id" integer NOT NULL,
	"path" integer[] NOT NULL,
	"depth" smallint NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"models" text[],
	"time_zone" text DEFAULT 'Asia/Shanghai' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "consumers_status" CHECK ("consumers"."status" in ('active', 'disabled', 'retired')),
	CONSTRAINT "consumers_name" CHECK (length("consumers"."name") between 1 and 200)
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "keys_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"public_id" text NOT NULL,
	"hmac" "bytea" NOT NULL,
	"consumer_id" integer NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"expires_at" timestamp with time zone,
	"models" text[],
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "keys_public_id_unique" UNIQUE("public_id"),
	CONSTRAINT "keys_hmac_unique" UNIQUE("hmac"),
	CONSTRAINT "keys_status" CHECK ("keys"."status" in ('active', 'disabled', 'revoked')),
	CONSTRAINT "keys_hmac" CHECK (octet_length("keys"."hmac") = 32)
);
--> statement-breakpoint
CREATE TABLE "models" (
	"name" text PRIMARY KEY NOT NULL,
	"display_name" text,
	"description" text,
	"kind" text DEFAULT 'chat' NOT NULL,
	"capabilities" text[] DEFAULT '{}' NOT NULL,
	"context_tokens" integer,
	"max_output_tokens" integer,
	"status" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "models_kind" CHECK ("models"."kind" in ('chat', 'embedding')),
	CONSTRAINT "models_status" CHECK ("models"."status" in ('active', 'disabled')),
	CONSTRAINT "models_name" CHECK (length("models"."name") between 1 and 200),
	CONSTRAINT "models_context_tokens" CHECK ("models"."context_tokens" > 0),
	CONSTRAINT "models_max_output_tokens" CHECK ("models"."max_output_tokens" > 0)
);
--> statement-breakpoint
CREATE TABLE "routes" (
	"model" text NOT NULL,
	"upstream_id" integer NOT NULL,
	"upstream_model" text NOT NULL,
	"tier" smallint DEFAULT 0 NOT NULL,
	"weight" smallint DEFAULT 1 NOT NULL,
	"context_steps" integer[] DEFAULT '{}' NOT NULL,
	"keep_alive" text,
	CONSTRAINT "routes_model_upstream_id_upstream_model_pk" PRIMARY KEY("model","upstream_id","upstream_model"),
	CONSTRAINT "routes_weight" CHECK ("routes"."weight" > 0),
	CONSTRAINT "routes_tier" CHECK ("routes"."tier" >= 0)
);
--> statement-breakpoint
CREATE TABLE "upstreams" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "upstreams_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"backend" text NOT NULL,
	"address" text NOT NULL,
	"credential" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "upstreams_name_unique" UNIQUE("name"),
	CONSTRAINT "upstreams_backend" CHECK ("upstreams"."backend" in ('ollama', 'openai')),
	CONSTRAINT "upstreams_address" CHECK ("upstreams"."address" ~ '^(https?://|env:UPSTREAM_[A-Z0-9_]+$)'),
	CONSTRAINT "upstreams_credential" CHECK ("upstreams"."credential" ~ '^env:UPSTREAM_[A-Z0-9_]+$')
);
--> statement-breakpoint
ALTER TABLE "consumers" ADD CONSTRAINT "consumers_parent_id_consumers_id_fk" FOREIGN KEY ("parent_id") REFERENCES "public"."consumers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_consumer_id_consumers_id_fk" FOREIGN KEY ("consumer_id") REFERENCES "public"."consumers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routes" ADD CONSTRAINT "routes_model_models_name_fk" FOREIGN KEY ("model") REFERENCES "public"."models"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routes" ADD CONSTRAINT "routes_upstream_id_upstreams_id_fk" FOREIGN KEY ("upstream_id") REFERENCES "public"."upstreams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "consumers_parent" ON "consumers" USING btree ("parent_id");--> statement-breakpoint
CREATE INDEX "keys_consumer" ON "keys" USING btree ("consumer_id");--> statement-breakpoint

-- A consumer's place in the tree is decided by its parent when it is made, and never again: limits,
-- holds and receipts refer to the path.
CREATE FUNCTION consumers_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE parent consumers;
BEGIN
  IF tg_op = 'UPDATE' THEN
    IF (new.id, new.parent_id, new.root_id, new.path, new.depth)
       IS DISTINCT FROM (old.id, old.parent_id, old.root_id, old.path, old.depth) THEN
      RAISE EXCEPTION 'the place of a consumer in the tree cannot be changed' USING errcode = 'check_violation';
    END IF;
    RETURN new;
  END IF;
  IF new.parent_id IS NULL THEN
    new.root_id := new.id; new.path := ARRAY[new.id]; new.depth := 0;
    RETURN new;
  END IF;
  SELECT * INTO parent FROM consumers WHERE id = new.parent_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the parent consumer % does not exist', new.parent_id USING errcode = 'foreign_key_violation';
  END IF;
  new.root_id := parent.root_id; new.path := parent.path || new.id; new.depth := parent.depth + 1;
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER consumers_place BEFORE INSERT OR UPDATE ON consumers FOR EACH ROW EXECUTE FUNCTION consumers_place();
--> statement-breakpoint

-- Refused where it is written, so that no window is ever computed in a zone that does not exist.
CREATE FUNCTION consumers_time_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM now() AT TIME ZONE new.time_zone;
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER consumers_time_zone BEFORE INSERT OR UPDATE OF time_zone ON consumers
  FOR EACH ROW EXECUTE FUNCTION consumers_time_zone();
--> statement-breakpoint

-- Routers compare this number with the one they loaded, at every authentication.
INSERT INTO catalog (id, version) VALUES (1, 1);
--> statement-breakpoint
ALTER TABLE catalog ADD CONSTRAINT catalog_one_row CHECK (id = 1);
--> statement-breakpoint
CREATE FUNCTION catalog_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalog SET version = version + 1;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE OR DELETE ON models FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
--> statement-breakpoint
CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE OR DELETE ON routes FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
--> statement-breakpoint
CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE OR DELETE ON upstreams FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
