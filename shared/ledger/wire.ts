import { isIP } from 'node:net';
import type { Closing, Renewal } from './closing.ts';
import type { Admission } from './verdict.ts';

/** The largest integer that JSON carries exactly; no counter of the ledger goes beyond it. */
const MOST = Number.MAX_SAFE_INTEGER;
const MOST_INT4 = 2_147_483_647;
const TEXT_LIMIT = 200;

/** An entry of a batch. One that the database cannot read would fail all others with it, so nothing is left to chance here. */
export function admissionEntry(call: Admission, routerId: string, force?: object) {
  const { prompt } = call;
  return {
    id: uuidOf(call.requestId),
    router: routerId,
    key: int4(call.keyId),
    address:
      call.address !== undefined && isIP(call.address) && !call.address.includes('%') ? call.address : null,
    model: text(call.model),
    bytes: count(prompt.bytes),
    latin: int4(prompt.latin),
    cjk: int4(prompt.cjk),
    other: int4(prompt.other),
    messages: int4(prompt.messages),
    tools: int4(prompt.tools),
    images: int4(prompt.images),
    output: call.outputCap === undefined ? null : int4(call.outputCap),
    choices: Math.max(1, Math.min(128, int4(call.choices))),
    prompts: Math.max(1, Math.min(100_000, int4(call.prompts))),
    endUser: optional(call.endUser),
    tag: optional(call.tag),
    ...(force && { force }),
  };
}

export function closingEntry(closing: Closing, echo?: object) {
  return {
    id: uuidOf(closing.requestId),
    key: int4(closing.keyId),
    consumer: int4(closing.consumerId),
    model: text(closing.model),
    outcome: closing.outcome,
    prompt: count(closing.prompt),
    output: count(closing.output),
    source: closing.source,
    promptReported: closing.promptReported === undefined ? null : count(closing.promptReported),
    outputReported: closing.outputReported === undefined ? null : count(closing.outputReported),
    outputCounted: count(closing.outputCounted),
    upstream: optional(closing.upstream),
    attempts: closing.attempts.slice(0, 10).map(({ upstream, because, failure }) => ({
      upstream: text(upstream),
      because: text(because),
      ...(failure !== undefined && { failure: text(failure) }),
    })),
    reason: text(closing.reason),
    firstTokenMs: closing.firstTokenMs === undefined ? null : int4(closing.firstTokenMs),
    totalMs: int4(closing.totalMs),
    ...(echo && { echo }),
  };
}

export const renewalEntry = (renewal: Renewal) => ({
  id: uuidOf(renewal.requestId),
  started: renewal.started,
  upstream: optional(renewal.upstream),
  progress: count(renewal.progress),
  firstToken: renewal.firstToken,
  intervalMs: int4(renewal.intervalMs),
});

/**
 * A call of a function of the ledger as one simple-protocol message, which the server runs only when it has
 * all of it. No quote is left inside the literal, so nothing can end it.
 */
export const statementOf = (name: string, entries: readonly object[]) =>
  `select ${name}('${JSON.stringify(entries).replaceAll("'", '\\u0027')}') as result`;

/**
 * The same, committed before the disk has it: so the rows of a tenant are not locked while the disk writes. What must be
 * durable needs `FLUSH` behind it.
 */
export const unflushed = (statement: string) =>
  statement.replace('select ', "select set_config('synchronous_commit', 'off', true), ");

/** A record of its own in the log, which is written in order: when it is on disk, so is all that was committed before. */
export const FLUSH = "select pg_logical_emit_message(true, 'sublet', '')";

/** `req_` and 32 hexadecimal digits; PostgreSQL reads them as a uuid. */
export const uuidOf = (requestId: string) => requestId.slice(4);

const count = (value: number) => whole(value, MOST);
const int4 = (value: number) => whole(value, MOST_INT4);
const whole = (value: number, most: number) =>
  Number.isNaN(value) ? 0 : Math.max(0, Math.min(most, Math.round(value)));

const optional = (value: string | undefined) => (value === undefined ? null : text(value));

/** Without what PostgreSQL's `jsonb` refuses: NUL and halves of a surrogate pair. */
const text = (value: string) => value.slice(0, TEXT_LIMIT).toWellFormed().replaceAll('\0', '');
