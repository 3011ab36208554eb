import { InvalidArgumentError } from 'commander';
import type * as z from 'zod';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { UsageError } from './failure.ts';

/** A reader of the domain as commander wants it. */
export const reading =
  <T>(read: (text: string) => T) =>
  (text: string): T => {
    try {
      return read(text);
    } catch (error) {
      if (error instanceof Refusal) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };

/** Of an option that may be given again, and holds several with commas between them. */
export const readingEach =
  <T>(read: (text: string) => T) =>
  (text: string, before: T[] = []): T[] => [...before, ...text.split(',').map(reading(read))];

export const asIs = (text: string) => text;

/** What a command was given, as the domain wants it. @throws UsageError */
export function checked<Schema extends z.ZodType>(schema: Schema, given: z.input<Schema>): z.output<Schema> {
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const [{ path, message }] = error.issues as [z.core.$ZodIssue];
  throw new UsageError(`${path.filter((part) => typeof part === 'string').join(' ')} ${message}`.trim());
}

/** The options that were given, without those that were not. */
export function givenOnly<T extends object>(options: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
