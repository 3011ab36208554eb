import type { Consumer } from '#shared/tenancy/consumer.ts';
import { card, table } from './table.ts';
import { localTime, modelList } from './words.ts';

/** With `tree`, names stand below their parents'; else each has its whole path. */
export function consumerTable(consumers: readonly Consumer[], { tree }: { tree: boolean }): string {
  if (consumers.length === 0) return 'There are no consumers.\n';
  const rows = consumers.map((each) => [
    String(each.id),
    tree ? `${'  '.repeat(each.path.length - 1)}${each.name}` : pathOf(each),
    statusOf(each),
    modelList(each.models, each.parentId === null ? 'all' : ''),
    each.timeZone,
  ]);
  return table(['ID', 'CONSUMER', 'STATUS', 'MODELS', 'TIME ZONE'], rows);
}

export const consumerCard = (consumer: Consumer) =>
  card([
    ['id', String(consumer.id)],
    ['consumer', pathOf(consumer)],
    ['status', statusOf(consumer)],
    [
      'models',
      modelList(consumer.models, consumer.parentId === null ? 'all' : 'all that its parent may use'),
    ],
    ['time zone', consumer.timeZone],
    ['made', localTime(consumer.createdAt, consumer.timeZone)],
  ]);

const statusOf = ({ status, usable }: Consumer) =>
  status === 'active' && !usable ? 'active, but one above it is not' : status;

const pathOf = ({ path }: Consumer) => path.map(({ name }) => name).join(' / ');
