import { GatewayError } from '#shared/errors.ts';
import type { GeneratePrompt } from '../task.ts';
import { imageData, inferenceFields, type OllamaModelSettings } from './inference-fields.ts';
import { refuseDemands } from './refuse-demands.ts';

/**
 * Writes a `/api/generate` request.
 *
 * @throws GatewayError `invalid_request` for an empty text, by which Ollama would only load the model;
 *   `unsupported_parameter` for a wish that it cannot fulfil.
 */
export function generateRequest(prompt: GeneratePrompt, settings: OllamaModelSettings): object {
  refuseDemands(prompt.demands);
  if (prompt.text === '') {
    throw new GatewayError('invalid_request', 'prompt: this model cannot go on with an empty text.', {
      param: 'prompt',
    });
  }
  const images = prompt.images.map(imageData);
  return {
    model: settings.model,
    prompt: prompt.text,
    ...(prompt.suffix !== undefined && { suffix: prompt.suffix }),
    ...(prompt.system !== undefined && { system: prompt.system }),
    ...(images.length > 0 && { images }),
    ...(prompt.raw && { raw: true }),
    ...inferenceFields(prompt, settings),
  };
}
