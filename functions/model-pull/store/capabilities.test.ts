import { expect, it } from 'vitest';
import { GO_TEMPLATES } from '#shared/fixtures/go-templates.ts';
import type { Gguf, GgufValue } from '../gguf/gguf.ts';
import { type Abilities, capabilitiesOf } from './capabilities.ts';
import { EMPTY_CONFIG, type ModelConfig } from './model-config.ts';

const head = (values: Record<string, GgufValue> = {}): Gguf => ({
  metadata: new Map(Object.entries({ 'general.architecture': 'llama', ...values })),
  tensorCount: 1,
  parameterCount: 1,
});
const config = (values: Partial<ModelConfig>): ModelConfig => ({ ...EMPTY_CONFIG, ...values });
const jinja = { 'tokenizer.chat_template': '{% if tools %}{% if enable_thinking %}<think>' };

it.each<[string, Partial<Abilities>, string[]]>([
  ['a plain model', {}, ['completion']],
  ['one for embeddings', { gguf: head({ 'llama.pooling_type': 1 }) }, ['embedding']],
  [
    'one that sees and hears',
    { gguf: head({ 'llama.vision.block_count': 2, 'llama.audio.block_count': 2 }) },
    ['completion', 'vision', 'audio'],
  ],
  ['one with a projector', { projectors: [head()] }, ['completion', 'vision']],
  [
    'one with ears',
    { projectors: [head({ 'clip.has_audio_encoder': true })] },
    ['completion', 'vision', 'audio'],
  ],
  [
    'an omni that must not use them',
    { gguf: head({ 'general.architecture': 'nemotron_h_omni', 'nemotron_h_omni.audio.block_count': 1 }) },
    ['completion'],
  ],
  ['one with tools', { template: GO_TEMPLATES.llama3 }, ['completion', 'tools']],
  ['one that thinks', { template: GO_TEMPLATES.deepseekR1 }, ['completion', 'thinking']],
  ['one that does both', { template: GO_TEMPLATES.qwen3 }, ['completion', 'tools', 'thinking']],
  ['one that fills in', { template: GO_TEMPLATES.fillIn }, ['completion', 'insert']],
  ['one with a template that is none', { template: '{{ if' }, ['completion']],
  ['one with a Jinja template only', { gguf: head(jinja) }, ['tools', 'thinking', 'completion']],
  ['one with both templates', { gguf: head(jinja), template: GO_TEMPLATES.chatml }, ['completion']],
  ['one with a parser', { config: config({ parser: 'qwen3-coder' }) }, ['completion', 'tools']],
  ['gpt-oss', { config: config({ model_family: 'gptoss' }) }, ['completion', 'thinking']],
  [
    'one that says so itself',
    { config: config({ capabilities: ['tools', 'completion'] }) },
    ['tools', 'completion'],
  ],
  ['one whose file cannot be read', { gguf: undefined }, []],
])('tells what %s can do', (_, abilities, capabilities) => {
  const all = { config: EMPTY_CONFIG, gguf: head(), projectors: [], template: undefined, ...abilities };
  expect(capabilitiesOf(all)).toEqual(capabilities);
});
