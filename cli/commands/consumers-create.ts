import { findConsumer } from '#shared/tenancy/consumer.ts';
import { createConsumer, NewConsumer } from '#shared/tenancy/create-consumer.ts';
import { type LimitWish, readLimit } from '#shared/tenancy/limit-wish.ts';
import { act } from '../act.ts';
import { consumerCard } from '../consumer-text.ts';
import { command } from '../group.ts';
import { limitTable } from '../limit-table.ts';
import { asIs, checked, givenOnly, readingEach } from '../reading.ts';
import { nothingInCatalog } from '../words.ts';

interface Options {
  parent?: string;
  models?: string[];
  timeZone?: string;
  limit?: LimitWish[];
}

export const createConsumerCommand = () =>
  command(
    'create',
    'Make a consumer.',
    'consumers create acme --models qwen3:8b --limit tokens/month=1000000',
  )
    .argument('<name>')
    .option('--parent <consumer>', 'the consumer that it is below: an id, or a name (a root of its own)')
    .option(
      '--models <names>',
      'the models it may use, with commas (all that its parent may)',
      readingEach(asIs),
    )
    .option('--time-zone <zone>', 'in which its days and months begin (its parent’s, or Asia/Shanghai)')
    .option(
      '--limit <limits>',
      'as tokens/month=1000000 or cost/day=5yuan; with commas, or again',
      readingEach(readLimit),
    )
    .action(
      act<Options, [string]>(async ({ db, words: [name], options }) => {
        const { parent, models, timeZone, limit: limits } = options;
        const parentId = parent === undefined ? undefined : (await findConsumer(db, parent)).id;
        const wish = checked(NewConsumer, { name, ...givenOnly({ parentId, models, timeZone, limits }) });
        const made = await createConsumer(db, wish);
        return {
          json: made,
          text: `${consumerCard(made.consumer)}${limitTable(made.limits)}`,
          notes: nothingInCatalog(made.unknownModels),
        };
      }),
    );
