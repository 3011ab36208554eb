import { GatewayError } from '#shared/errors.ts';
import type { Demand } from '../prompt.ts';

const REFUSALS: Record<Demand['kind'], string> = {
  choices: 'This model gives one answer a request; n must be 1.',
  'logit-bias': 'This model does not take logit_bias.',
  logprobs: 'This model does not give log probabilities.',
  'single-tool-call': 'This model may call several tools at once; parallel_tool_calls cannot be false.',
  audio: 'This model neither takes nor gives audio.',
  file: 'This model does not take files.',
  'keep-alive': 'How long the model stays loaded is set by the operator; keep_alive cannot be given.',
  'native-option': 'Of options, only num_ctx is read here; give the others as fields of the request.',
  'context-shift': 'A prompt that is too long is refused, never cut; shift and truncate cannot be true.',
  'web-search': 'Nothing is searched here; web_search_options cannot be given.',
  functions: 'Functions are given as tools; functions and function_call are not taken.',
};

/** @throws GatewayError `unsupported_parameter` for the first of these wishes: Ollama can fulfil none of them. */
export function refuseDemands([demand]: readonly Demand[]): void {
  if (demand) throw unsupported(REFUSALS[demand.kind], demand.param);
}

export const unsupported = (message: string, param: string) =>
  new GatewayError('unsupported_parameter', message, { param });
