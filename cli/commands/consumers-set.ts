import { ConsumerChange, changeConsumer } from '#shared/tenancy/change-consumer.ts';
import { findConsumer } from '#shared/tenancy/consumer.ts';
import { called } from '#shared/tenancy/grants.ts';
import { act } from '../act.ts';
import { consumerCard } from '../consumer-text.ts';
import { UsageError } from '../failure.ts';
import { command } from '../group.ts';
import { asIs, checked, givenOnly, readingEach } from '../reading.ts';
import { nothingInCatalog } from '../words.ts';

interface Options {
  name?: string;
  models?: string[];
  allModels?: true;
  timeZone?: string;
}

export const setConsumerCommand = () =>
  command(
    'set',
    'Change a consumer. Its parent stays what it is.',
    'consumers set acme --models qwen3:8b,deepseek-chat',
  )
    .argument('<consumer>', 'its id, or its name')
    .option('--name <name>')
    .option('--models <names>', 'the models it may use, with commas', readingEach(asIs))
    .option('--all-models', 'let it use all that its parent may')
    .option('--time-zone <zone>', 'in which its days and months begin, from the end of those under way')
    .action(
      act<Options, [string]>(async ({ db, words: [which], options }) => {
        const { name, timeZone } = options;
        if (options.models && options.allModels)
          throw new UsageError('Give --models or --all-models, not both.');
        const models = options.allModels ? null : options.models;
        const change = checked(ConsumerChange, givenOnly({ name, models, timeZone }));
        if (Object.keys(change).length === 0) throw new UsageError('Say what shall change: see --help.');
        const changed = await changeConsumer(db, (await findConsumer(db, which)).id, change);
        const bound = changed.bound.map(called).join(', ');
        const notes = bound === '' ? [] : [`Granted more, and bound by it from now on: ${bound}.`];
        return {
          json: changed,
          text: consumerCard(changed.consumer),
          notes: [...nothingInCatalog(changed.unknownModels), ...notes],
        };
      }),
    );
