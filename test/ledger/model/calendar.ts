import type { Limit, Window, World } from './world.ts';

const HOUR_US = 3_600_000_000;

/** The calendar hour, day or month around an instant, as clocks in the zone show it. Hours are UTC's. */
export function windowAround(win: Limit['win'], timeZone: string, nowUs: number) {
  if (win === 'hour') {
    const startUs = Math.floor(nowUs / HOUR_US) * HOUR_US;
    return { startUs, endUs: startUs + HOUR_US };
  }
  if (win !== 'day' && win !== 'month') return { startUs: nowUs, endUs: Number.POSITIVE_INFINITY };
  const today = localDate(timeZone, nowUs);
  const starts = win === 'day' ? today : firstOfMonth(today, 0);
  const ends = win === 'day' ? dayAfter(today, 1) : firstOfMonth(today, 1);
  const startUs = midnightOf(timeZone, starts);
  if (startUs <= nowUs) return { startUs, endUs: midnightOf(timeZone, ends) };
  const before = win === 'day' ? dayAfter(today, -1) : firstOfMonth(today, -1); // it is between two midnights
  return { startUs: midnightOf(timeZone, before), endUs: startUs };
}

/** Rule 14: a limit whose window has ended is in a new one, that never begins before the last one's end. */
export function nextWindow(world: World, limit: Limit): Window {
  const { endUs: endedUs } = limit.windows.at(-1)!;
  const { startUs, endUs } = windowAround(limit.win, zoneOf(world, limit), world.nowUs);
  return { startUs: Math.max(startUs, endedUs), endUs, used: 0, held: 0, peak: limit.amount };
}

export const hasEnded = (world: World, limit: Limit) => world.nowUs >= limit.windows.at(-1)!.endUs;

export function zoneOf(world: World, limit: Limit): string {
  const consumerId = limit.consumerId ?? world.keys.get(limit.keyId!)!.consumerId;
  return world.consumers.get(consumerId)!.timeZone;
}

type LocalDate = [year: number, month: number, day: number];

const formats = new Map<string, Intl.DateTimeFormat>();

function shown(timeZone: string, us: number): string[] {
  let format = formats.get(timeZone);
  if (!format) {
    const digits = {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    } as const;
    format = new Intl.DateTimeFormat('en-CA', { timeZone, hourCycle: 'h23', ...digits });
    formats.set(timeZone, format);
  }
  return format.format(Math.floor(us / 1000)).split(/[-,: ]+/);
}

function localDate(timeZone: string, us: number): LocalDate {
  const [year, month, day] = shown(timeZone, us).map(Number);
  return [year!, month!, day!];
}

const isMidnight = (timeZone: string, us: number) => shown(timeZone, us).slice(3, 5).join() === '00,00';

const dayAfter = ([year, month, day]: LocalDate, days: number) =>
  dateOf(Date.UTC(year, month - 1, day + days));
const firstOfMonth = ([year, month]: LocalDate, months: number) =>
  dateOf(Date.UTC(year, month - 1 + months, 1));

function dateOf(ms: number): LocalDate {
  const date = new Date(ms);
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
}

/** When clocks in the zone begin to show this date: at midnight, at the end of the gap that swallowed it, or at the second of two. */
function midnightOf(timeZone: string, date: LocalDate): number {
  const first = firstInstantOf(timeZone, date);
  return isMidnight(timeZone, first) && isMidnight(timeZone, first + HOUR_US) ? first + HOUR_US : first;
}

function firstInstantOf(timeZone: string, [year, month, day]: LocalDate): number {
  const ordinal = (date: LocalDate) => date[0] * 10_000 + date[1] * 100 + date[2];
  const wanted = ordinal([year, month, day]);
  let before = Date.UTC(year, month - 1, day) / 1000 - 26 * 3600;
  let from = before + 52 * 3600;
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (ordinal(localDate(timeZone, middle * 1e6)) >= wanted) from = middle;
    else before = middle;
  }
  return from * 1e6;
}
