import type { Usage, UsageQuery, UsageSums } from '#shared/reports/usage.ts';
import { showYuan } from '#shared/tenancy/yuan.ts';
import { csv } from './csv.ts';
import { type Cell, table } from './table.ts';
import { localTime } from './words.ts';

type By = UsageQuery['by'];

/** What each grouping names its rows by. */
const COLUMNS = {
  hour: ['hour'],
  day: ['day'],
  consumer: ['consumerId', 'consumer'],
  key: ['keyId', 'key', 'consumer'],
  model: ['model'],
  upstream: ['upstream'],
};
const SUMS = ['requests', 'failed', 'prompt', 'output'] as const;

export const usageJson = ({ rows, ...rest }: Usage) => ({
  ...rest,
  rows: rows.map(({ group, ...sums }) => ({ ...group, ...sums })),
});

export function usageText({ rows, total, from, to, timeZone }: Usage, by: By): string {
  const columns = columnsOf(by);
  const titles = [...columns.map((name) => name.replace(/Id$/, ' id')), ...SUMS, 'cost (yuan)'];
  const all: Cell[][] = rows.map(({ group, ...sums }) => [
    ...columns.map((name) => shown(name, group[name] ?? null, timeZone)),
    ...sumCells(sums),
  ]);
  const totalNames = columns.map((_, index) => (index === 0 ? 'total' : ''));
  const span = `${localTime(from, timeZone)} – ${localTime(to, timeZone, 'now')} ${timeZone}`;
  const body = table(
    titles.map((title) => title.toUpperCase()),
    [...all, [...totalNames, ...sumCells(total)]],
  );
  return `${span}\n\n${body}`;
}

/** A line for each group, or the one of the whole; no total that a spreadsheet would add in again. */
export function usageCsv({ rows, total }: Usage, by: By): string {
  const columns = columnsOf(by);
  const titles = [...columns.map((name) => name.replace(/Id$/, '_id')), ...SUMS, 'cost_yuan'];
  const lines = by ? rows : [{ group: {} as Record<string, Cell>, ...total }];
  return csv(
    titles,
    lines.map(({ group, ...sums }) => [...columns.map((name) => group[name] ?? null), ...sumCells(sums)]),
  );
}

const columnsOf = (by: By): string[] => (by ? COLUMNS[by] : []);

const sumCells = (sums: UsageSums): Cell[] => [...SUMS.map((name) => sums[name]), showYuan(sums.cost)];

function shown(column: string, value: Cell, timeZone: string): Cell {
  if (column === 'hour') return localTime(String(value), timeZone);
  return typeof value === 'number' ? String(value) : (value ?? '–');
}
