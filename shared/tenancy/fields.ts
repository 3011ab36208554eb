import * as z from 'zod';

export const Id = z.int().min(1).max(2_147_483_647);

/** A name that can be printed; one of digits alone would be taken for an id. */
export const Name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')
  .regex(/^\P{Cc}*$/u, 'must not hold control characters')
  .regex(/\D/, 'must not be a number: it would be taken for an id');

/** Which models may be used. To let none be used, disable: an empty list is taken for a slip. */
export const ModelNames = z
  .array(z.string().trim().min(1, 'must not be empty').max(200, 'must have at most 200 characters'))
  .min(1, 'must name a model')
  .transform((names) => [...new Set(names)]);

/** What a key may do besides calling models; none is a list, too. */
export const Rights = z.array(z.enum(['pull'])).transform((rights) => [...new Set(rights)]);
