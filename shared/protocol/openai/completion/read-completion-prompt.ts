import { GatewayError } from '#shared/errors.ts';
import { parseFields } from '../../parse-fields.ts';
import type { Demand } from '../../prompt.ts';
import type { GeneratePrompt } from '../../task.ts';
import type { TextInput } from '../text-input.ts';
import { contextTokensOf, runnerDemandsOf, samplingOf } from '../tuning.ts';
import { CompletionParameters, type CompletionRequest } from './completion-request.ts';

/**
 * Reads a request for a completion in full. The model's template is applied, as Ollama's own `/v1/completions`
 * does: the models that one meets there are made for it.
 *
 * @throws GatewayError naming the field that is wrong, or that only an upstream of OpenAI's kind can fulfil.
 */
export function readCompletionPrompt(
  request: CompletionRequest,
  prompt: TextInput | undefined,
): GeneratePrompt {
  const parameters = parseFields(CompletionParameters, request);
  const { suffix, logprobs, logit_bias: bias } = parameters;
  const demands: (Demand | false)[] = [
    (request.n ?? 1) > 1 && { kind: 'choices', param: 'n' },
    logprobs != null && { kind: 'logprobs', param: 'logprobs' }, // 0 asks for them too
    bias != null && Object.keys(bias).length > 0 && { kind: 'logit-bias', param: 'logit_bias' },
    ...runnerDemandsOf(parameters),
  ];
  return {
    text: textOf(request, prompt),
    images: [],
    raw: false,
    sampling: samplingOf(parameters),
    demands: demands.filter((demand) => demand !== false),
    thinking: false, // a completion has no place for it
    ...(suffix != null && suffix !== '' && { suffix }),
    ...contextTokensOf(parameters),
  };
}

function textOf({ best_of, echo }: CompletionRequest, prompt: TextInput | undefined): string {
  if (echo) throw unsupported('echo', 'This model does not echo the prompt.');
  if ((best_of ?? 1) > 1)
    throw unsupported('best_of', 'This model gives one answer a request; best_of must be 1.');
  if (!prompt) throw new GatewayError('invalid_request', 'prompt: a text is needed.', { param: 'prompt' });
  if (prompt.kind === 'tokens')
    throw unsupported('prompt', 'This model takes the prompt as text, not as tokens.');
  const [text, ...more] = prompt.texts;
  if (more.length > 0) throw unsupported('prompt[1]', 'This model takes one prompt a request.');
  return text!;
}

const unsupported = (param: string, message: string) =>
  new GatewayError('unsupported_parameter', message, { param });
