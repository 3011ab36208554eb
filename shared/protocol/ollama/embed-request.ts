import type { EmbedPrompt } from '../task.ts';
import { contextOption, keepAliveField, type OllamaModelSettings } from './inference-fields.ts';
import { refuseDemands } from './refuse-demands.ts';

/** Writes a `/api/embed` request. @throws GatewayError `unsupported_parameter` for a wish that Ollama cannot fulfil. */
export function embedRequest(prompt: EmbedPrompt, settings: OllamaModelSettings): object {
  refuseDemands(prompt.demands);
  const context = contextOption(undefined, settings);
  return {
    model: settings.model,
    input: prompt.texts,
    truncate: prompt.truncate,
    ...(prompt.dimensions !== undefined && { dimensions: prompt.dimensions }),
    ...(context && { options: context }),
    ...keepAliveField(settings),
  };
}
