import { Refusal } from '../tenancy/refusal.ts';

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
type Unit = keyof typeof UNITS_MS;

/** A time-out as people write it: `500ms`, `5s`, `2m`, `1h`. In ms. @throws Refusal */
export function readTimeSpan(text: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(count) * UNITS_MS[unit as Unit];
  if (ms >= 1 && ms <= 2_147_483_647) return ms;
  throw new Refusal('invalid', `'${text}' is no time-out: write 500ms, 5s, 2m or 1h, 24 days at most.`);
}

/** The same again, in the greatest unit that fits. */
export function showTimeSpan(ms: number): string {
  const [unit] = (['h', 'm', 's'] as const).filter((each) => ms % UNITS_MS[each] === 0);
  return unit === undefined ? `${ms}ms` : `${ms / UNITS_MS[unit]}${unit}`;
}
