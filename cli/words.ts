import type { LimitWish } from '#shared/tenancy/limit-wish.ts';
import { showYuan } from '#shared/tenancy/yuan.ts';
import type { Cell } from './table.ts';

/** An instant where it matters to somebody: `2026-08-01 00:00`. */
export function localTime(instant: string | null, timeZone: string, never = ''): string {
  if (instant === null) return never;
  const form = { dateStyle: 'short', timeStyle: 'short', timeZone } as const;
  return new Intl.DateTimeFormat('sv-SE', form).format(new Date(instant));
}

export const modelList = (models: readonly string[] | null, all: string) => models?.join(', ') ?? all;

/** So much of a metric: money as yuan. */
export const ofMetric = ({ metric }: Pick<LimitWish, 'metric'>, amount: number): Cell =>
  metric === 'cost' ? `${showYuan(amount)} yuan` : amount;

export const named = ({ id, name }: { id: number; name: string }) => `${name} (${id})`;

export const nothingInCatalog = (models: readonly string[]) =>
  models.length === 0 ? [] : [`The catalog does not have ${models.join(', ')}: granted all the same.`];
