import type { Command } from 'commander';
import { setConsumerStatus } from '#shared/tenancy/change-consumer.ts';
import { findConsumer, listConsumers } from '#shared/tenancy/consumer.ts';
import { called } from '#shared/tenancy/grants.ts';
import { listLimits } from '#shared/tenancy/limit.ts';
import { retireConsumer } from '#shared/tenancy/retire-consumer.ts';
import { act } from '../act.ts';
import { consumerCard, consumerTable } from '../consumer-text.ts';
import { command, group } from '../group.ts';
import { limitTable } from '../limit-table.ts';
import { createConsumerCommand } from './consumers-create.ts';
import { setConsumerCommand } from './consumers-set.ts';

export const consumersCommand = (): Command =>
  group('consumers', 'Who pays. Consumers form a tree: none may do what one above it may not.', [
    createConsumerCommand(),
    list(),
    show(),
    setConsumerCommand(),
    status('disable', 'disabled', 'Stop a consumer and all below it, until it is enabled.'),
    status('enable', 'active', 'Let a disabled consumer call again.'),
    retire(),
  ]);

const list = () =>
  command('list', 'All consumers but those that were retired.', 'consumers list --tree')
    .option('--tree', 'show who is below whom')
    .option('--all', 'those that were retired, too')
    .action(
      act<{ tree?: true; all?: true }>(async ({ db, options: { tree = false, all = false } }) => {
        const consumers = await listConsumers(db, { all });
        return { json: { consumers }, text: consumerTable(consumers, { tree }) };
      }),
    );

const show = () =>
  command('show', 'One consumer, with its limits.', 'consumers show acme')
    .argument('<consumer>', 'its id, or its name')
    .action(
      act<object, [string]>(async ({ db, words: [which] }) => {
        const consumer = await findConsumer(db, which);
        const limits = await listLimits(db, { owner: { kind: 'consumer', id: consumer.id } });
        return { json: { consumer, limits }, text: `${consumerCard(consumer)}${limitTable(limits)}` };
      }),
    );

const status = (name: string, to: 'active' | 'disabled', description: string) =>
  command(name, description, `consumers ${name} acme`)
    .argument('<consumer>', 'its id, or its name')
    .action(
      act<object, [string]>(async ({ db, words: [which] }) => {
        const consumer = await setConsumerStatus(db, (await findConsumer(db, which)).id, to);
        return { json: { consumer }, text: consumerCard(consumer) };
      }),
    );

const retire = () =>
  command(
    'retire',
    'End a consumer for good. Its receipts and reports stay.',
    'consumers retire acme --recursive',
  )
    .argument('<consumer>', 'its id, or its name')
    .option('--recursive', 'end all below it, too: consumers and keys')
    .action(
      act<{ recursive?: true }, [string]>(async ({ db, words: [which], options: { recursive = false } }) => {
        const { id } = await findConsumer(db, which);
        const retired = await retireConsumer(db, id, { recursive });
        const also = retired.alsoEnded.map(called).join(', ');
        return {
          json: retired,
          text: consumerCard(retired.consumer),
          notes: also === '' ? [] : [`Ended with it: ${also}.`],
        };
      }),
    );
