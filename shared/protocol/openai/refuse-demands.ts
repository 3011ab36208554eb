import { GatewayError } from '#shared/errors.ts';
import type { Demand } from '../prompt.ts';

const REFUSALS: Record<Demand['kind'], string> = {
  choices: 'This model gives one answer a request here; n must be 1.',
  'logit-bias': 'logit_bias cannot be translated for this model.',
  logprobs: 'Log probabilities cannot be translated for this model.',
  'single-tool-call': 'This model may call several tools at once.',
  audio: 'Audio cannot be translated for this model.',
  file: 'Files cannot be translated for this model.',
  'keep-alive': 'How long the model stays loaded is not set by a call; keep_alive cannot be given.',
  'native-option': 'This option is not known where the model runs.',
  'context-shift': 'A prompt that is too long is refused, never cut; shift and truncate cannot be true.',
  'web-search': 'A search of the web cannot be translated for this model.',
  functions: 'Functions are given as tools; functions and function_call are not taken.',
};

/**
 * A translated request can say less than one that is passed on as it came.
 *
 * @param able what this request can say after all.
 * @throws GatewayError `unsupported_parameter` for the first wish that it cannot.
 */
export function refuseDemands(demands: readonly Demand[], able: readonly Demand['kind'][] = []): void {
  const demand = demands.find(({ kind }) => !able.includes(kind));
  if (demand) throw unsupported(REFUSALS[demand.kind], demand.param);
}

export const unsupported = (message: string, param: string) =>
  new GatewayError('unsupported_parameter', message, { param });
