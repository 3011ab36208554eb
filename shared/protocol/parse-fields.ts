import type * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';

/**
 * Reads a request's fields by a schema.
 *
 * @throws GatewayError `invalid_request` that names the first field that is wrong, as `messages[2].content`.
 */
export function parseFields<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = parsed(schema, value);
  if (result.success) return result.data;
  const { path, message } = nearest(result.error.issues[0]!);
  const param = pathOf(path).slice(0, 200);
  throw new GatewayError('invalid_request', `${param === '' ? 'The request' : param}: ${message}.`, {
    ...(param !== '' && { param }),
  });
}

/** A check of a length is made of whatever has one, also of an object whose `length` cannot be compared: then it throws. */
function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown) {
  try {
    return schema.safeParse(value);
  } catch {
    throw new GatewayError('invalid_request', 'The request: a field has a form that cannot be read.');
  }
}

interface Problem {
  path: PropertyKey[];
  message: string;
}

/** Of a value that may have several forms, the form that it comes nearest to tells what is wrong. */
function nearest(issue: z.core.$ZodIssue): Problem {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const problems = issue.errors.flatMap(([first]) => (first ? [nearest(first)] : []));
  const deepest = problems.reduce((one, other) => (other.path.length > one.path.length ? other : one));
  if (deepest.path.length > 0) return { path: [...issue.path, ...deepest.path], message: deepest.message };
  return { path: issue.path, message: problems.map((problem) => problem.message).join('; or ') };
}

function pathOf(path: PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
