import { expect, it } from 'vitest';
import { isSameModel } from './same-model.ts';

it.each([
  ['qwen3', 'qwen3:latest', true],
  ['registry.ollama.ai/library/Qwen3:8b', 'qwen3:8B', true],
  ['hf.co/a/b:Q4_K_M', 'hf.co/a/b:q4_k_m', true],
  ['qwen3:8b', 'qwen3:14b', false],
  ['a/qwen3', 'qwen3', false],
  ['not a name', 'not a name', false],
])('%s and %s are one model: %s', (one, other, isSame) => {
  expect(isSameModel(one, other)).toBe(isSame);
});
