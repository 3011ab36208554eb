import { type Command, Option } from 'commander';
import type { Drizzle } from '#shared/db/database.ts';
import { type Moment, readMoment } from '#shared/reports/moment.ts';
import { UsageQuery, usage } from '#shared/reports/usage.ts';
import { findConsumer } from '#shared/tenancy/consumer.ts';
import { findKey } from '#shared/tenancy/key.ts';
import { act } from '../act.ts';
import { UsageError } from '../failure.ts';
import { command } from '../group.ts';
import { checked, givenOnly, reading } from '../reading.ts';
import { usageCsv, usageJson, usageText } from '../usage-text.ts';
import { receiptCommand } from './usage-receipt.ts';

interface Options {
  consumer?: string;
  key?: string;
  model?: string;
  from?: Moment;
  to?: Moment;
  by?: UsageQuery['by'];
  timeZone?: string;
  csv?: true;
}

export const usageCommand = (): Command =>
  command(
    'usage',
    'What was used, this month if no time is given: from hourly sums, by the hour in which calls were admitted.',
    'usage --consumer acme --from 2026-08-01 --to 2026-08-31 --by day --csv',
  )
    .option('--consumer <consumer>', 'of this one and all below it: an id, or a name')
    .option('--key <key>', 'of this one: an id, or the first part of a token')
    .option('--model <model>', 'of this one')
    .option('--from <when>', 'a day, or an instant', reading(readMoment))
    .option('--to <when>', 'a day, which is included, or an instant (now)', reading(readMoment))
    .addOption(
      new Option('--by <group>', 'a line for each').choices([
        'hour',
        'day',
        'consumer',
        'key',
        'model',
        'upstream',
      ]),
    )
    .option('--time-zone <zone>', 'in which days begin (the consumer’s, or Asia/Shanghai)')
    .option('--csv', 'print CSV, cost in yuan')
    .addCommand(receiptCommand())
    .action(
      act<Options>(async ({ db, options, asJson }) => {
        if (options.csv && asJson) throw new UsageError('Give --csv or --json, not both.');
        const query = await queryIn(db, options);
        const report = await usage(db, query);
        return {
          json: usageJson(report),
          text: options.csv ? usageCsv(report, query.by) : usageText(report, query.by),
        };
      }),
    );

async function queryIn(
  db: Drizzle,
  { consumer, key, model, from, to, by, timeZone }: Options,
): Promise<UsageQuery> {
  const consumerId = consumer === undefined ? undefined : (await findConsumer(db, consumer)).id;
  const keyId = key === undefined ? undefined : (await findKey(db, key)).id;
  return checked(UsageQuery, givenOnly({ consumerId, keyId, model, from, to, by, timeZone }));
}
