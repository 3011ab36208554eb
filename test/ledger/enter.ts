import type { LedgerDatabase } from '../helpers/ledger-database.ts';
import { quoted } from '../helpers/ledger-database.ts';
import { windowAround, zoneOf } from './model/calendar.ts';
import type { Consumer, Key, Limit, Model, World } from './model/world.ts';
import { snapshotOf } from './snapshot.ts';

/** All but what a migration itself has put there. */
const EMPTY_ALL = `do $$ declare name text; begin
  for name in select tablename from pg_tables
    where schemaname = 'public'
      and tablename not in ('catalog', 'ledger_policy', 'metric_progress', 'metric_histograms', 'test_clock')
  loop execute format('delete from %I', name); end loop;
end $$`;

/** Empties the database and writes the model's world into it; the windows of its limits are then the database's. */
export async function enter(ledger: LedgerDatabase, world: World): Promise<void> {
  const statements = [
    'set session_replication_role = replica',
    EMPTY_ALL,
    'set session_replication_role = origin',
    `update test_clock set us = ${world.nowUs}`,
    ...[...world.models.values()].flatMap(modelRows),
    ...[...world.consumers.values()].map(consumerRow),
    ...[...world.keys.values()].map(keyRow),
    ...[...world.limits.values()].map(limitRow),
  ];
  await ledger.sql.unsafe(statements.join(';\n')).simple();
  await adoptWindows(ledger, world);
}

/** A new limit counts from now, up to the end of the calendar window it is in. */
export async function adoptWindows(ledger: LedgerDatabase, world: World): Promise<void> {
  const { limits } = await snapshotOf(ledger);
  for (const { limit: id, startUs, endUs, used, held, peak } of limits) {
    const limit = world.limits.get(id)!;
    if (limit.windows.length > 0) continue;
    const calendar = windowAround(limit.win, zoneOf(world, limit), world.nowUs);
    const end = endUs ?? Number.POSITIVE_INFINITY;
    if (limit.win === 'hour' || limit.win === 'day' || limit.win === 'month') {
      if (end !== calendar.endUs) throw new Error(`limit ${id} ends at ${end}, not at ${calendar.endUs}`);
      if (startUs < calendar.startUs || startUs > world.nowUs)
        throw new Error(`limit ${id} starts at ${startUs}`);
    }
    if (used + held > 0 || peak !== limit.amount) throw new Error(`limit ${id} does not start at nothing`);
    limit.windows.push({ startUs, endUs: end, used, held, peak });
  }
}

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const list = (values: string[] | null, type: string) =>
  values === null ? 'null' : `array[${values.map(text).join(',')}]::${type}[]`;
const orNull = (value: number | null) => (value === null ? 'null' : String(value));

function consumerRow({ id, path, status, models, timeZone }: Consumer): string {
  const row = [id, orNull(path.at(-2) ?? null), 0, `'{}'`, 0, text(`consumer ${id}`), text(status)];
  return `insert into consumers (id, parent_id, root_id, path, depth, name, status, models, time_zone)
    overriding system value values (${row.join()}, ${list(models, 'text')}, ${text(timeZone)})`;
}

function keyRow({ id, consumerId, status, expiresUs, models, cidrs }: Key): string {
  const expires =
    expiresUs === null ? 'null' : `'epoch'::timestamptz + ${expiresUs} * interval '1 microsecond'`;
  return `insert into keys (id, public_id, hmac, consumer_id, name, prefix, status, expires_at, models, cidrs)
    overriding system value values (${id}, 'key${id}', sha256('key${id}'), ${consumerId}, 'key ${id}', 'sk-${id}',
    ${text(status)}, ${expires}, ${list(models, 'text')}, ${list(cidrs, 'cidr')})`;
}

export function limitRow({ id, consumerId, keyId, metric, win, amount, strict }: Limit): string {
  return `insert into limits (id, consumer_id, key_id, metric, win, amount, strict) overriding system value
    values (${id}, ${orNull(consumerId)}, ${orNull(keyId)}, '${metric}', '${win}', ${amount}, ${strict})`;
}

function modelRows(model: Model): string[] {
  const { name, status, contextTokens, maxOutputTokens, defaultOutput, minOutput, imageTokens } = model;
  const numbers = [contextTokens, maxOutputTokens, defaultOutput, minOutput, imageTokens].map(orNull);
  return [
    `insert into models (name, status, context_tokens, max_output_tokens, default_output, min_output, image_tokens)
       values (${text(name)}, ${text(status)}, ${numbers.join()})`,
    ...model.prices.map((price) => priceRow(name, price)),
    ...(model.calibration
      ? [
          `insert into calibrations (model, latin, cjk, other, message_tokens, output_chars, usual_output, rate)
           select ${text(name)}, latin, cjk, other, "messageTokens", "outputChars", "usualOutput", rate
           from json_to_record(${quoted(model.calibration)}) as c(latin int, cjk int, other int,
             "messageTokens" int, "outputChars" int, "usualOutput" int, rate int)`,
        ]
      : []),
  ];
}

export const priceRow = (model: string, price: { version: number; input: number; output: number }) =>
  `insert into prices (model, version, input, output)
     values (${text(model)}, ${price.version}, ${price.input}, ${price.output})`;
