import type * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';

/**
 * Reads a request's fields by a schema.
 *
 * @throws GatewayError `invalid_request` that names the first field that is wrong, as `messages[2].content`.
 */
export function parseFields<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const param = pathOf(issue.path);
  throw new GatewayError('invalid_request', `${param === '' ? 'The request' : param}: ${issue.message}.`, {
    ...(param !== '' && { param }),
  });
}

function pathOf(path: PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
