import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

/** Values are texts, or `env:UPSTREAM_…`. */
export interface HeaderRules {
  set?: Record<string, string>;
  remove?: string[];
  rename?: Record<string, string>;
}

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
    /** What it may do besides calling models: `pull` brings models onto the store. */
    rights: text({ enum: ['pull'] })
      .array()
      .notNull()
      .default([]),
    createdAt,
  },
  (table) => [
    check('keys_rights', sql`${table.rights} <@ array['pull']`),
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
    /** `env:UPSTREAM_…`, never the credential itself; `signed:env:UPSTREAM_…` names a secret that signs each request. */
    credential: text(),
    /** Calls that it answers at once; null = not known, so it is never taken for full. */
    slots: smallint(),
    /** What becomes of our headers on the way there: `{"set": {name: value}, "remove": [name], "rename": {from: to}}`. */
    headers: jsonb().$type<HeaderRules>().notNull().default({}),
    /** By which name it wants the output cap (OpenAI's own reasoning models refuse `max_tokens`). */
    outputCapField: text('output_cap_field', { enum: ['max_tokens', 'max_completion_tokens'] })
      .notNull()
      .default('max_tokens'),
    /** Its own time-outs, in ms; null = the router's. */
    connectTimeoutMs: integer('connect_timeout_ms'),
    firstPieceTimeoutMs: integer('first_piece_timeout_ms'),
    idleTimeoutMs: integer('idle_timeout_ms'),
    totalTimeoutMs: integer('total_timeout_ms'),
    status: text({ enum: ['active', 'disabled'] })
      .notNull()
      .default('active'),
    createdAt,
  },
  (table) => [
    check('upstreams_slots', sql`${table.slots} > 0`),
    check('upstreams_status', sql`${table.status} in ('active', 'disabled')`),
    check(
      'upstreams_output_cap_field',
      sql`${table.outputCapField} in ('max_tokens', 'max_completion_tokens')`,
    ),
    check(
      'upstreams_timeouts',
      sql`least(${table.connectTimeoutMs}, ${table.firstPieceTimeoutMs}, ${table.idleTimeoutMs}, ${table.totalTimeoutMs}) > 0`,
    ),
    check('upstreams_backend', sql`${table.backend} in ('ollama', 'openai')`),
    check('upstreams_address', sql`${table.address} ~ '^(https?://|env:UPSTREAM_[A-Z0-9_]+$)'`),
    check('upstreams_credential', sql`${table.credential} ~ '^(signed:)?env:UPSTREAM_[A-Z0-9_]+$'`),
  ],
);

/** A public name that callers ask for. */
export const models = pgTable(
  'models',
  {
    name: text().primaryKey(),
    displayName: text('display_name'),
    /** Further names by which callers may ask for it; what they are billed for has the first. */
    aliases: text().array().notNull().default([]),
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
    /** A canary: this percentage of the model's calls goes here, whatever the tiers say. */
    canaryPercent: smallint('canary_percent'),
    /** A canary for callers that show this header, `name` or `name: value`. A canary takes no other calls. */
    canaryHeader: text('canary_header'),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.upstreamId, table.upstreamModel] }),
    check('routes_canary_percent', sql`${table.canaryPercent} between 1 and 100`),
    check('routes_weight', sql`${table.weight} > 0`),
    check('routes_tier', sql`${table.tier} >= 0`),
  ],
);

/**
 * What routers have learnt of an upstream, for each other. While `open_until` is in the future nobody calls it; then one
 * call at a time may try (`probe_until`), until one succeeds.
 */
export const upstreamStates = pgTable('upstream_states', {
  upstreamId: integer('upstream_id')
    .primaryKey()
    .references(() => upstreams.id, { onDelete: 'cascade' }),
  /** In a row; 0 = healthy. */
  failures: integer().notNull().default(0),
  failure: text(),
  openUntil: timestamp('open_until', { withTimezone: true }),
  probeUntil: timestamp('probe_until', { withTimezone: true }),
  /** Whoever asks it what it has does so for all; null = never asked. */
  checkedAt: timestamp('checked_at', { withTimezone: true }),
  /** The models that it has, and those that it has loaded, by its names; null = not known. */
  has: text().array(),
  loaded: text().array(),
  version: text(),
});

/** The catalog as it was, so that a change can be looked at and taken back. */
export const catalogVersions = pgTable('catalog_versions', {
  version: bigint({ mode: 'number' }).primaryKey(),
  document: jsonb().notNull(),
  note: text(),
  createdAt,
});

/** One row; triggers raise `version` with every change of models, routes or upstreams, so that routers read them anew. */
export const catalog = pgTable('catalog', {
  id: smallint().primaryKey(),
  version: bigint({ mode: 'number' }).notNull(),
});
