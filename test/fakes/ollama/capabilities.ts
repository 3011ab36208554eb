import { failures } from './errors.ts';
import type { Model } from './models.ts';
import type { InferenceRequest } from './native-request.ts';

/** Refuses what the model cannot do, in Ollama's order; `think:false` is fine for every model. */
export function checkCapabilities(
  model: Model,
  request: InferenceRequest,
  use: 'chat' | 'generate',
  suffix = '',
): void {
  const can = (capability: Model['capabilities'][number]) => model.capabilities.includes(capability);
  if (request.think && !can('thinking')) throw failures.notForThis(request.model, 'thinking');
  if (!can('completion')) throw failures.notForThis(request.model, use);
  if (request.tools.length > 0 && !can('tools')) throw failures.lacksCapability(model.fullName, 'tools');
  if (suffix !== '' && !can('insert')) throw failures.lacksCapability(model.fullName, 'insert');
}
