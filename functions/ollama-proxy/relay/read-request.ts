import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { readBody } from '#shared/http/read-body.ts';
import { readJsonDocument, requireSingle } from '#shared/protocol/json-document.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import { parseModelName, shortName } from '#shared/protocol/registry/model-name.ts';

export interface ModelRequest {
  /** As it came, byte for byte. */
  bytes: Buffer;
  body: Readonly<Record<string, unknown>>;
  /** As Ollama lists it. */
  model: string;
}

interface Limits {
  BODY_LIMIT_BYTES: number;
  JSON_DEPTH_LIMIT: number;
}

const Fields = z.looseObject({ model: z.string().min(1, 'is required') });

/** What we decide by: of two of them Ollama would take another than we. */
const DECISIVE = ['model', 'name', 'options', 'shift', '_debug_render_only'];

/**
 * Reads a request that names a model.
 *
 * @throws GatewayError `invalid_request` for what Ollama would not take and for what is not offered: models of a cloud,
 *   a prompt shown instead of answered.
 */
export async function readRequest(incoming: IncomingMessage, limits: Limits): Promise<ModelRequest> {
  const bytes = await readBody(incoming, limits.BODY_LIMIT_BYTES);
  const document = readJsonDocument(bytes, limits.JSON_DEPTH_LIMIT);
  requireSingle(document, DECISIVE);
  const { model } = parseFields(Fields, document.value);
  refuse(document.value, 'name', 'A model is named by "model" here.');
  refuse(document.value, '_debug_render_only', 'Prompts are answered here, not shown.');
  return { bytes, body: document.value, model: shortName(parseModelName(model)) };
}

function refuse(body: ModelRequest['body'], param: string, message: string): void {
  if (body[param] !== undefined) throw new GatewayError('invalid_request', message, { param });
}
