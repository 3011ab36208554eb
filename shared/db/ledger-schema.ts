import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { consumers, keys, models } from './schema.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });
const count = (name: string) => bigint(name, { mode: 'number' });
const counter = (name: string) => count(name).notNull().default(0);

/**
 * How much of what in which time, for a consumer (and all below it) or for a key.
 *
 * A *budget* (hour, day, month, total) is used and held; a *rate* (minute) is a virtual clock, `tat_us`;
 * `parallel` has no window, and its `held` counts open holds. `depth`, the window and `peak` are filled in by
 * a trigger. Counters are written by the ledger's functions alone, under the row's lock.
 */
export const limits = pgTable(
  'limits',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    consumerId: integer('consumer_id').references(() => consumers.id),
    keyId: integer('key_id').references(() => keys.id),
    /** A consumer's own, or one more for a key: the order in which rows are locked. */
    depth: smallint().notNull(),
    metric: text({ enum: ['requests', 'tokens', 'cost', 'parallel'] }).notNull(),
    /** Named `win` since `window` is a reserved word. */
    win: text({ enum: ['minute', 'hour', 'day', 'month', 'total', 'open'] }).notNull(),
    /** Requests, tokens, micro-yuan, or calls at once. */
    amount: count('amount').notNull(),
    /** Never passed, not even by a prompt longer than its estimate. */
    strict: boolean().notNull(),
    /** Since when; a trigger keeps it. What was admitted before may have passed it. */
    strictSince: instant('strict_since'),
    createdAt: instant('created_at').notNull().defaultNow(),
    retiredAt: instant('retired_at'),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    used: counter('used'),
    held: counter('held'),
    /** The highest amount that was in force in this window. */
    peak: count('peak').notNull(),
    /** What pruned receipts of this window had used. */
    carried: counter('carried'),
    /** GCRA's theoretical arrival time, in µs since 1970. */
    tatUs: counter('tat_us'),
  },
  (table) => [
    check('limits_owner', sql`num_nonnulls(${table.consumerId}, ${table.keyId}) = 1`),
    check('limits_metric', sql`${table.metric} in ('requests', 'tokens', 'cost', 'parallel')`),
    check('limits_win', sql`${table.win} in ('minute', 'hour', 'day', 'month', 'total', 'open')`),
    check('limits_parallel', sql`(${table.metric} = 'parallel') = (${table.win} = 'open')`),
    check('limits_amount', sql`${table.amount} between 0 and 9007199254740992`),
    check('limits_rate', sql`${table.win} <> 'minute' or ${table.amount} <= 100000000000`),
    check('limits_window', sql`${table.startsAt} < ${table.endsAt}`),
    uniqueIndex('limits_of_consumer')
      .on(table.consumerId, table.metric, table.win)
      .where(sql`${table.retiredAt} is null and ${table.consumerId} is not null`),
    uniqueIndex('limits_of_key')
      .on(table.keyId, table.metric, table.win)
      .where(sql`${table.retiredAt} is null and ${table.keyId} is not null`),
  ],
);

/** Windows that a limit has left. Open holds and late corrections still count here, in the window of their admission. */
export const windows = pgTable(
  'windows',
  {
    limitId: integer('limit_id').notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    used: counter('used'),
    held: counter('held'),
    peak: count('peak').notNull(),
    carried: counter('carried'),
  },
  (table) => [primaryKey({ columns: [table.limitId, table.startsAt] })],
);

/** What a model costs, in micro-yuan per million tokens. Never changed: a new price is a new version. */
export const prices = pgTable(
  'prices',
  {
    model: text()
      .notNull()
      .references(() => models.name),
    version: integer().notNull(),
    input: count('input').notNull(),
    output: count('output').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.version] }),
    check('prices_version', sql`${table.version} > 0`),
    check('prices_input', sql`${table.input} between 0 and 1000000000000`),
    check('prices_output', sql`${table.output} between 0 and 1000000000000`),
  ],
);

/** What a call was admitted with: the facts that a hold and its receipt share. */
const admission = {
  /** The request id, without its prefix. */
  requestId: uuid('request_id').primaryKey(),
  /** The process that admitted it. */
  routerId: uuid('router_id'),
  keyId: integer('key_id').notNull(),
  consumerId: integer('consumer_id').notNull(),
  rootId: integer('root_id').notNull(),
  model: text().notNull(),
  /** 0 where the model has no price. */
  priceVersion: integer('price_version').notNull(),
  /** The calibrated estimate of the prompt's tokens. */
  promptEstimate: count('prompt_est').notNull(),
  /** The prompt's tokens as held: the estimate, or the hard bound where a limit is strict. */
  promptHeld: count('prompt_held').notNull(),
  /** Output tokens held: the granted cap × the number of choices. */
  outputHeld: count('out_held').notNull(),
  /** A limit on its path is strict: of the prompt no more is charged than is held. */
  strict: boolean().notNull(),
  /** Characters of the prompt by script, for calibration. */
  latin: integer().notNull(),
  cjk: integer().notNull(),
  other: integer().notNull(),
  messages: integer().notNull(),
  images: integer().notNull(),
  /** What the caller attributed the call to: OpenAI's `user`, and the header `x-gateway-tag`. */
  endUser: text('end_user'),
  tag: text(),
  upstream: text(),
  /** Put back after a failover lost it: its lines may stand above their amounts. */
  forced: boolean().notNull().default(false),
  admittedAt: instant('admitted_at').notNull(),
  /** The limits it counts against, and the windows in which it was admitted. */
  lineLimit: integer('line_limit').array().notNull(),
  lineStart: instant('line_start').array().notNull(),
  /** Of a hold: what is held. Of a receipt: what is used. Of a rate: the units that were taken, in either. */
  lineAmount: count('line_amount').array().notNull(),
};

/** Tokens set aside for a call under way. Deleted when it is closed; then its receipt is there. */
export const holds = pgTable(
  'holds',
  {
    ...admission,
    /** The model's usual tokens per 1,000 s, as known at admission. */
    rate: integer().notNull(),
    /** The grant was cut by a limit. */
    cut: boolean().notNull().default(false),
    /** An upstream was asked. */
    started: boolean().notNull().default(false),
    firstToken: boolean('first_token').notNull().default(false),
    /** Output tokens, as last heard from the router. */
    progress: counter('progress'),
    /** Until when the next renewal is due, counted from the last. */
    intervalMs: integer('interval_ms').notNull(),
    renewedAt: instant('renewed_at').notNull(),
    leaseEnd: instant('lease_end').notNull(),
  },
  (table) => [index('holds_lease').on(table.rootId, table.leaseEnd)],
);

/** The record of one call and the only judge of what it cost. One that is final never changes. */
export const receipts = pgTable(
  'receipts',
  {
    ...admission,
    outcome: text({ enum: ['settled', 'released', 'expired', 'void'] }).notNull(),
    /** False for one that expired: the truth may still come in, for an hour. */
    final: boolean().notNull(),
    /** Where the tokens come from: the upstream, our own count, or the rule of expiry. */
    source: text({ enum: ['reported', 'counted', 'estimated'] }).notNull(),
    promptReported: count('prompt_reported'),
    outputReported: count('output_reported'),
    /** Output tokens as we counted them, whatever was reported. */
    outputCounted: count('output_counted'),
    /** Tokens charged. */
    prompt: counter('prompt'),
    output: counter('output'),
    /** Micro-yuan charged. */
    cost: counter('cost'),
    /** Prompt tokens charged above what was held. */
    excess: counter('excess'),
    /** Tokens that were used and not charged, since no limit had room for them any more or a strict one forbade it. */
    uncharged: counter('uncharged'),
    /** By how much each line is above what was held for it. */
    lineExcess: count('line_excess').array().notNull(),
    /** Settled without a hold: the database had lost it. */
    holdLost: boolean('hold_lost').notNull().default(false),
    /** How it ended: a finish reason, or the code of a failure. */
    reason: text(),
    attempts: jsonb().notNull().default([]),
    firstTokenMs: integer('first_token_ms'),
    totalMs: integer('total_ms'),
    closedAt: instant('closed_at').notNull(),
  },
  (table) => [
    check('receipts_outcome', sql`${table.outcome} in ('settled', 'released', 'expired', 'void')`),
    check('receipts_source', sql`${table.source} in ('reported', 'counted', 'estimated')`),
    // For those who count calls (shared/metrics): what was closed since they last did.
    index('receipts_closed').on(table.closedAt),
    index('receipts_expired').on(table.closedAt).where(sql`not ${table.final}`),
  ],
);

/** Hourly sums of the receipts, by the hour of admission: reports never scan the ledger. */
export const rollups = pgTable(
  'rollups',
  {
    hour: instant('hour').notNull(),
    consumerId: integer('consumer_id').notNull(),
    keyId: integer('key_id').notNull(),
    model: text().notNull(),
    /** Empty where none was asked. */
    upstream: text().notNull(),
    /** Calls that were charged. */
    requests: counter('requests'),
    /** Calls that cost nothing, since they produced nothing. */
    failed: counter('failed'),
    prompt: counter('prompt'),
    output: counter('output'),
    cost: counter('cost'),
    // What calibration learns from: of receipts with reported usage alone.
    reported: counter('reported'),
    reportedPrompt: counter('reported_prompt'),
    reportedOutput: counter('reported_output'),
    latin: counter('latin'),
    cjk: counter('cjk'),
    other: counter('other'),
    messages: counter('messages'),
    images: counter('images'),
    /** Milliseconds between first token and end, summed; and the output of the calls that have them. */
    outputMs: counter('output_ms'),
    timedOutput: counter('timed_output'),
  },
  (table) => [
    primaryKey({ columns: [table.hour, table.consumerId, table.keyId, table.model, table.upstream] }),
    index('rollups_consumer').on(table.consumerId, table.hour),
    index('rollups_model').on(table.model, table.hour),
  ],
);

/** How a model's tokens relate to characters and seconds, learnt from its roll-ups. Tokens per million characters. */
export const calibrations = pgTable('calibrations', {
  model: text().primaryKey(),
  latin: integer().notNull(),
  cjk: integer().notNull(),
  other: integer().notNull(),
  /** Tokens of the template around each message. */
  messageTokens: integer('message_tokens').notNull(),
  /** Characters per 1,000 output tokens. */
  outputChars: integer('output_chars').notNull(),
  usualOutput: integer('usual_output').notNull(),
  /** Tokens per 1,000 s. */
  rate: integer().notNull(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

/** One row: how patient expiry is. */
export const ledgerPolicy = pgTable(
  'ledger_policy',
  {
    id: smallint().primaryKey(),
    /** Nothing expires sooner after its lease's end. */
    expiryGraceMs: integer('expiry_grace_ms').notNull().default(20_000),
    /** Nothing expires sooner after the start of the server: routers renew first. */
    restartGraceMs: integer('restart_grace_ms').notNull().default(60_000),
    /** A receipt that expired becomes final after this long. */
    finalAfterMs: integer('final_after_ms').notNull().default(3_600_000),
  },
  (table) => [check('ledger_policy_one_row', sql`${table.id} = 1`)],
);
