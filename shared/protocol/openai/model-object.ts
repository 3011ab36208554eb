/** What a client may know of a model. */
export interface ModelFacts {
  name: string;
  displayName?: string;
  description?: string;
  kind: 'chat' | 'embedding';
  capabilities: readonly string[];
  contextTokens?: number;
  maxOutputTokens?: number;
  createdAtSeconds: number;
}

/**
 * OpenAI's model object, and beside it the camelCase fields that LobeChat reads; what it does not find
 * it guesses from the name (reference: lobechat.md section 4).
 */
export const modelObject = (model: ModelFacts) => ({
  id: model.name,
  object: 'model',
  created: model.createdAtSeconds,
  owned_by: 'sublet',
  displayName: model.displayName ?? model.name,
  type: model.kind,
  enabled: true,
  functionCall: model.capabilities.includes('tools'),
  vision: model.capabilities.includes('vision'),
  reasoning: model.capabilities.includes('thinking'),
  ...(model.description !== undefined && { description: model.description }),
  ...(model.contextTokens !== undefined && { contextWindowTokens: model.contextTokens }),
  ...(model.maxOutputTokens !== undefined && { maxOutput: model.maxOutputTokens }),
});
