import type { Limit } from '#shared/tenancy/limit.ts';
import { showKind } from '#shared/tenancy/limit-wish.ts';
import { table } from './table.ts';
import { localTime, ofMetric } from './words.ts';

const TITLES = ['LIMIT', 'OF', 'AMOUNT', 'USED', 'HELD', 'LEFT', 'STRICT', 'WINDOW'];

export function limitTable(limits: readonly Limit[]): string {
  if (limits.length === 0) return '\nNo limits.\n';
  const rows = limits.map((limit) => [
    showKind(limit),
    `${limit.owner.kind} ${limit.owner.name} (${limit.owner.id})`,
    ofMetric(limit, limit.amount),
    ofMetric(limit, limit.used),
    ofMetric(limit, limit.held),
    ofMetric(limit, limit.left),
    limit.strict ? 'yes' : '',
    windowOf(limit),
  ]);
  return `\n${table(TITLES, rows)}`;
}

function windowOf({ startsAt, endsAt, timeZone }: Limit): string {
  if (startsAt === null) return '';
  const start = localTime(startsAt, timeZone);
  return `${start} – ${localTime(endsAt, timeZone, 'no end')} ${timeZone}`;
}
