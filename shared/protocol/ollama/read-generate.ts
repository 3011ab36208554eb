import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { listOf } from '../list-of.ts';
import type { GeneratePrompt } from '../task.ts';
import { readOptions } from './options.ts';
import { readImages } from './read-images.ts';
import { unsupported } from './refuse-demands.ts';
import { inferenceShape, readInference } from './request-fields.ts';

/** A request to `/api/generate`. */
export const GenerateRequest = z.looseObject({
  ...inferenceShape,
  prompt: z.string().nullish(),
  suffix: z.string().nullish(),
  system: z.string().nullish(),
  template: z.string().nullish(),
  context: listOf(z.int()).nullish(),
  raw: z.boolean().nullish(),
  images: listOf(z.string()).nullish(),
});
export type GenerateRequest = z.infer<typeof GenerateRequest>;

/** @throws GatewayError naming the field that is wrong, or that has no meaning here. */
export function readGenerate(request: GenerateRequest): GeneratePrompt {
  const { system, suffix } = request;
  const raw = request.raw ?? false;
  if (request.template) throw unsupported('template cannot be given: it is part of the model.', 'template');
  if ((request.context ?? []).length > 0) throw unsupported(CONTEXT, 'context');
  if (raw && system) throw new GatewayError('invalid_request', RAW, { param: 'system' });
  return {
    text: request.prompt ?? '',
    images: readImages(request.images, 'images'),
    raw,
    ...(suffix && { suffix }),
    ...(system && { system }),
    ...readInference(request),
    ...readOptions(request.options),
  };
}

// Token ids would be a prompt whose size nobody can tell, and that no filter can read.
const CONTEXT = 'context cannot be given, and answers have none: send the conversation to /api/chat instead.';
const RAW = 'system cannot be given with raw: the text goes to the model as it stands.';
