import type { Context } from 'hono';
import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { readBody } from '#shared/http/read-body.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import type { Gateway } from '../gateway.ts';
import type { RouterEnv } from '../router-env.ts';
import { requireModel } from '../steps/find-model.ts';
import { showObject } from './model-objects.ts';

/** `name` is what it was called once. */
const ShowRequest = z.looseObject({ model: z.string().nullish(), name: z.string().nullish() });

const BODY_LIMIT_BYTES = 64 * 1024;

/** `POST /api/show` @throws GatewayError `model_not_found`, also for a model that this key may not use. */
export const showModel =
  ({ config }: Gateway) =>
  async (c: Context<RouterEnv>): Promise<Response> => {
    const body = await readBody(c.env.incoming, BODY_LIMIT_BYTES);
    const document = readJsonDocument(body, config.JSON_DEPTH_LIMIT);
    const { model, name } = parseFields(ShowRequest, document.value);
    const wanted = model || name;
    if (!wanted) throw new GatewayError('invalid_request', 'model is required', { param: 'model' });
    return c.json(showObject(requireModel(c.var.catalog, c.var.caller, wanted)));
  };
