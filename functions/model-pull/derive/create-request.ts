import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { Parameters } from './parameters.ts';

const MOST_TEXT = 1024 * 1024;
const text = z.string().max(MOST_TEXT);

/** What of Ollama's `POST /api/create` can be done without running a model, and `think`, which is ours. */
const CreateRequest = z.strictObject({
  model: z.string().optional(),
  name: z.string().optional(),
  from: z.string().min(1),
  template: text.optional(),
  system: text.optional(),
  parameters: Parameters.optional(),
  license: z.union([text.transform((license) => [license]), z.array(text).max(32)]).optional(),
  /** Makes the model open each answer with a thought, unless its caller switches thinking off. */
  think: z.literal('always').optional(),
  /** Says how the answer comes, so it is the door's. */
  stream: z.boolean().optional(),
});

export interface CreateRequest {
  /** The new name, as it was given. */
  model: string;
  from: string;
  template: string | undefined;
  system: string | undefined;
  parameters: Parameters;
  licenses: string[];
  think: 'always' | undefined;
}

/** Fields of Ollama's that are refused: why, and what to do. */
const NOT_DONE: Record<string, string> = {
  files: 'Pull the model from a registry, or from a bucket as a GGUF with a template.',
  adapters: 'Adapters cannot be added; merge them into a GGUF first.',
  quantize: 'Models are not quantised here; pull one that is.',
  renderer: 'A renderer built into Ollama stays as the base has it.',
  parser: 'A parser built into Ollama stays as the base has it.',
  messages: 'Send the messages with each call.',
  remote_host: 'A model of another host would send prompts out of the house.',
  requires: 'The version that a model requires stays as the base has it.',
};

/** @throws GatewayError `invalid_request` with the field, and for those of Ollama's that are not done with the reason. */
export function readCreateRequest(body: unknown): CreateRequest {
  const { data, error } = CreateRequest.safeParse(body);
  if (error) throw refused(error.issues[0]!);
  const model = data.model || data.name;
  if (!model) throw new GatewayError('invalid_request', 'model is required', { param: 'model' });
  if (data.template && data.think) {
    throw new GatewayError('invalid_request', 'Give either `template` or `think`, not both.', {
      param: 'think',
    });
  }
  return {
    model,
    from: data.from,
    template: data.template || undefined,
    system: data.system || undefined,
    parameters: data.parameters ?? {},
    licenses: data.license?.filter((license) => license !== '') ?? [],
    think: data.think,
  };
}

function refused(issue: z.core.$ZodIssue): GatewayError {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') {
    const problem = path === '' ? issue.message : `\`${path}\`: ${issue.message}`;
    return new GatewayError('invalid_request', problem, { param: path || 'body' });
  }
  const [key] = issue.keys as [string];
  if (path !== '') {
    return new GatewayError('invalid_request', `\`${key}\` is no parameter of Ollama's.`, {
      param: `${path}.${key}`,
    });
  }
  const why = NOT_DONE[key] ?? 'There is no such field.';
  return new GatewayError('unsupported_parameter', `\`${key}\` is not taken. ${why}`, { param: key });
}
