import type { Context } from 'hono';
import type * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { readBody } from '#shared/http/read-body.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import { type ModelName, parseModelName } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../depot.ts';
import type { DepotEnv } from '../depot-env.ts';

/** As much as an asynchronous invocation may carry twice over; templates and licences are far smaller. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** As JSON writes it, which the database could not keep: `\u0000`, where no backslash takes away its meaning. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

export async function readRequest<Schema extends z.ZodType>(
  c: Context<DepotEnv>,
  { config }: Depot,
  schema: Schema,
): Promise<z.output<Schema>> {
  const body = await readBody(c.env.incoming, BODY_LIMIT_BYTES);
  if (NUL.test(body.toString('latin1'))) throw new GatewayError('invalid_request', 'No text may hold a NUL.');
  return parseFields(schema, readJsonDocument(body, config.JSON_DEPTH_LIMIT).value);
}

/** By `model`, or by `name`, as it was called once; folded onto the name that is on the disk. */
export function namedModel(
  { store }: Depot,
  { model, name }: { model?: string | null | undefined; name?: string | null | undefined },
): Promise<ModelName> {
  const text = model || name;
  if (!text) throw new GatewayError('invalid_request', 'model is required', { param: 'model' });
  return store.nameOnDisk(parseModelName(text));
}
