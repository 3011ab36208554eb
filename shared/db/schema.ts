import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  check,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const cidr = customType<{ data: string }>({ dataType: () => 'cidr' });
const createdAt = timestamp('created_at', { withTimezone: true }).notNull().defaultNow();

/** Who pays. `root_id`, `path` (root to self) and `depth` are derived from the parent by a trigger and never change. */
export const consumers = pgTable(
  'consumers',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    parentId: integer('parent_id').references((): AnyPgColumn => consumers.id),
    rootId: integer('root_id').notNull(),
    path: integer().array().notNull(),
    depth: smallint().notNull(),
    name: text().notNull(),
    status: text({ enum: ['active', 'disabled', 'retired'] })
      .notNull()
      .default('active'),
    /** Names of models; null = all that the parent may use. */
    models: text().array(),
    timeZone: text('time_zone').notNull().default('Asia/Shanghai'),
    createdAt,
  },
  (table) => [
    check('consumers_status', sql`${table.status} in ('active', 'disabled', 'retired')`),
    check('consumers_name', sql`length(${table.name}) between 1 and 200`),
    index('consumers_parent').on(table.parentId),
  ],
);

/** What a consumer shows. The token itself is kept nowhere: `hmac` is HMAC-SHA-256 of all of it, with the pepper. */
export const keys = pgTable(
  'keys',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    publicId: text('public_id').notNull().unique(),
    hmac: bytea().notNull().unique(),
    consumerId: integer('consumer_id')
      .notNull()
      .references(() => consumers.id),
    name: text().notNull(),
    /** The part that may be shown so that a person knows the key again. */
    prefix: text().notNull(),
    status: text({ enum: ['active', 'disabled', 'revoked'] })
      .notNull()
      .default('active'),
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    /** Names of models; null = all that the consumer may use. */
    models: text().array(),
    /** The networks that may show it; null = any. */
    cidrs: cidr().array(),
    createdAt,
  },
  (table) => [
    check('keys_status', sql`${table.status} in ('active', 'disabled', 'revoked')`),
    check('keys_hmac', sql`octet_length(${table.hmac}) = 32`),
    index('keys_consumer').on(table.consumerId),
  ],
);

/** Every token that a key has or had: a rotation gives the key another one and lets the former live for a while. A trigger keeps it. */
export const keyTokens = pgTable(
  'key_tokens',
  {
    publicId: text('public_id').primaryKey(),
    hmac: bytea().notNull().unique(),
    keyId: integer('key_id')
      .notNull()
      .references(() => keys.id, { onDelete: 'cascade' }),
    createdAt,
    /** Null = the key's current token. */
    validUntil: timestamp('valid_until', { withTimezone: true }),
  },
  (table) => [
    check('key_tokens_hmac', sql`octet_length(${table.hmac}) = 32`),
    uniqueIndex('key_tokens_current').on(table.keyId).where(sql`${table.validUntil} is null`),
    index('key_tokens_key').on(table.keyId),
  ],
);

/** One concrete place with an address. Address and credential may name variables of the router's environment. */
export const upstreams = pgTable(
  'upstreams',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    name: text().notNull().unique(),
    backend: text({ enum: ['ollama', 'openai'] }).notNull(),
    /** A URL, or `env:UPSTREAM_…` where it differs between places. */
    address: text().notNull(),
    /** `env:UPSTREAM_…`; never the credential itself. */
    credential: text(),
    createdAt,
  },
  (table) => [
    check('upstreams_backend', sql`${table.backend} in ('ollama', 'openai')`),
    check('upstreams_address', sql`${table.address} ~ '^(https?://|env:UPSTREAM_[A-Z0-9_]+$)'`),
    check('upstreams_credential', sql`${table.credential} ~ '^env:UPSTREAM_[A-Z0-9_]+$'`),
  ],
);

/** A public name that callers ask for. */
export const models = pgTable(
  'models',
  {
    name: text().primaryKey(),
    displayName: text('display_name'),
    description: text(),
    kind: text({ enum: ['chat', 'embedding'] })
      .notNull()
      .default('chat'),
    capabilities: text({ enum: ['tools', 'vision', 'thinking'] })
      .array()
      .notNull()
      .default([]),
    contextTokens: integer('context_tokens'),
    maxOutputTokens: integer('max_output_tokens'),
    /** What a caller gets who does not say how much; null = the maximum. */
    defaultOutput: integer('default_output'),
    /** An answer that can only be shorter than this is not begun (unless less was asked for). */
    minOutput: integer('min_output').notNull().default(64),
    /** What one image of a prompt counts. */
    imageTokens: integer('image_tokens').notNull().default(1500),
    status: text({ enum: ['active', 'disabled'] })
      .notNull()
      .default('active'),
    createdAt,
  },
  (table) => [
    check('models_kind', sql`${table.kind} in ('chat', 'embedding')`),
    check('models_status', sql`${table.status} in ('active', 'disabled')`),
    check('models_name', sql`length(${table.name}) between 1 and 200`),
    check('models_context_tokens', sql`${table.contextTokens} > 0`),
    check('models_max_output_tokens', sql`${table.maxOutputTokens} > 0`),
    check('models_default_output', sql`${table.defaultOutput} > 0`),
    check('models_min_output', sql`${table.minOutput} > 0`),
    check('models_image_tokens', sql`${table.imageTokens} between 0 and 1000000`),
  ],
);

/** What a model maps to: an upstream, and the model's name there. */
export const routes = pgTable(
  'routes',
  {
    model: text()
      .notNull()
      .references(() => models.name, { onDelete: 'cascade' }),
    upstreamId: integer('upstream_id')
      .notNull()
      .references(() => upstreams.id, { onDelete: 'cascade' }),
    upstreamModel: text('upstream_model').notNull(),
    /** Lower tiers are tried first. */
    tier: smallint().notNull().default(0),
    weight: smallint().notNull().default(1),
    /** Context lengths that a caller may ask for, ascending; the first is the default (Ollama only). */
    contextSteps: integer('context_steps').array().notNull().default([]),
    /** How long Ollama keeps the model loaded, as Ollama writes it: `10m`, `-1`. */
    keepAlive: text('keep_alive'),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.upstreamId, table.upstreamModel] }),
    check('routes_weight', sql`${table.weight} > 0`),
    check('routes_tier', sql`${table.tier} >= 0`),
  ],
);

/** One row; triggers raise `version` with every change of models, routes or upstreams, so that routers read them anew. */
export const catalog = pgTable('catalog', {
  id: smallint().primaryKey(),
  version: bigint({ mode: 'number' }).notNull(),
});
