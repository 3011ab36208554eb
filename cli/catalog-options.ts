import type { Command } from 'commander';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { UsageError } from './failure.ts';
import { reading } from './reading.ts';

/** Takes away what there was. */
const NONE = 'none';
export type OrNone<T> = T | typeof NONE;

export const orNone = <T>(read: (text: string) => T) =>
  reading((text): OrNone<T> => (text === NONE ? NONE : read(text)));

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined | typeof NONE> | null };

/** The options that were given, with null for `none`. */
export const givenOrNull = <T extends object>(options: T): Given<T> =>
  Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value === NONE ? null : value]),
  ) as Given<T>;

/** @throws Refusal */
export function readCount(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Refusal('invalid', `'${text}' is no whole number.`);
}

export const readNames = (text: string): string[] => text.split(',').map((name) => name.trim());

export const readCounts = (text: string): number[] => readNames(text).map(readCount);

/** Of an option that may be given again; what it holds may have commas. */
export const readingAgain =
  <T>(read: (text: string) => T) =>
  (text: string, before: T[] = []): T[] => [...before, reading(read)(text)];

export interface StatusOptions {
  enable?: true;
  disable?: true;
}

/** Absent where neither is said. */
export function statusIn({ enable, disable }: StatusOptions): { status?: 'active' | 'disabled' } {
  if (enable && disable) throw new UsageError('Give --enable or --disable, not both.');
  if (enable) return { status: 'active' };
  return disable ? { status: 'disabled' } : {};
}

export interface ChangeWords {
  note?: string;
  dryRun?: boolean;
}

/** What all commands that change the catalog have. */
export const changing = (made: Command): Command =>
  made
    .option('--note <text>', 'why, for catalog versions (the command itself)')
    .option('--dry-run', 'show what would change, and change nothing');

/** @throws UsageError */
export function assertSomething(change: object): void {
  if (Object.keys(change).length === 0) throw new UsageError('Say what shall change: see --help.');
}
