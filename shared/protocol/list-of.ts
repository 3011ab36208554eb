import * as z from 'zod';

/**
 * A list of items of one form. Unlike `z.array` it stops at the first that is wrong: a few megabytes of numbers
 * where objects should be would cost as many problems, seconds of a blocked process and gigabytes.
 */
export const listOf = <Item extends z.ZodType>(item: Item, { least = 0 } = {}) =>
  z
    .array(z.unknown())
    .min(least)
    .transform((values, context): z.output<Item>[] => {
      const items: z.output<Item>[] = [];
      for (const [index, value] of values.entries()) {
        const result = item.safeParse(value);
        if (!result.success) {
          tell(result.error.issues[0]!, index, value, context);
          return z.NEVER;
        }
        items.push(result.data);
      }
      return items;
    });

/** The fields of an object, all of one form; as `listOf` it stops at the first that is wrong. */
export const recordOf = <Value extends z.ZodType>(value: Value) =>
  z.looseObject({}).transform((fields, context): Record<string, z.output<Value>> => {
    const read: Record<string, z.output<Value>> = {};
    for (const [name, given] of Object.entries(fields)) {
      const result = value.safeParse(given);
      if (!result.success) {
        tell(result.error.issues[0]!, name, given, context);
        return z.NEVER;
      }
      read[name] = result.data;
    }
    return read;
  });

const tell = (issue: z.core.$ZodIssue, place: PropertyKey, input: unknown, context: z.RefinementCtx) =>
  context.issues.push({ ...issue, path: [place, ...issue.path], input } as z.core.$ZodRawIssue);
