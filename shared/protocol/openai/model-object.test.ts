import { describe, expect, it } from 'vitest';
import { modelObject } from './model-object.ts';

const facts = {
  name: 'qwen3:8b',
  kind: 'chat' as const,
  capabilities: ['tools', 'thinking'],
  createdAtSeconds: 7,
};

describe('a model in the list', () => {
  it('has what OpenAI says of one, and beside it the words that LobeChat reads', () => {
    expect(
      modelObject({
        ...facts,
        displayName: 'Qwen 3',
        description: 'x',
        contextTokens: 8192,
        maxOutputTokens: 1024,
      }),
    ).toEqual({
      id: 'qwen3:8b',
      object: 'model',
      created: 7,
      owned_by: 'sublet',
      displayName: 'Qwen 3',
      description: 'x',
      type: 'chat',
      enabled: true,
      functionCall: true,
      vision: false,
      reasoning: true,
      contextWindowTokens: 8192,
      maxOutput: 1024,
    });
  });

  it('is called by its name where it has no other, and says nothing of what is unknown', () => {
    const model = modelObject({ ...facts, kind: 'embedding', capabilities: [] });
    expect(model).toMatchObject({ displayName: 'qwen3:8b', type: 'embedding', functionCall: false });
    expect(Object.keys(model)).not.toContain('contextWindowTokens');
  });
});
