import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';

/** What a caller may ask for: where a model comes from, and how it is set up, is the operator's to say. */
export interface PullRequest {
  model: string;
  stream: boolean;
  /** Over http, where the operator lets that registry be asked so. */
  insecure: boolean;
}

/** Ollama's own program sends each of its former fields, empty. */
const Nothing = z.literal('').nullish();

const Fields = z.strictObject({
  model: z.string().max(1000).nullish(),
  /** What it was called once, and still is in the npm client. */
  name: z.string().max(1000).nullish(),
  stream: z.boolean().nullish(),
  insecure: z.boolean().nullish(),
  username: Nothing,
  password: Nothing,
});

/** @throws GatewayError `invalid_request`, also for a field that a pull through the gateway cannot have. */
export function readPullRequest(body: Buffer, depthLimit: number): PullRequest {
  const { model, name, stream, insecure } = parseFields(Fields, readJsonDocument(body, depthLimit).value);
  const wanted = model || name;
  if (!wanted) throw new GatewayError('invalid_request', 'model is required', { param: 'model' });
  return { model: wanted, stream: stream ?? true, insecure: insecure ?? false };
}
