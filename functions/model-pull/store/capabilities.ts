import { GatewayError } from '#shared/errors.ts';
import { architectureOf, chatTemplateOf, type Gguf, ownValue } from '../gguf/gguf.ts';
import { parseTemplate, type TemplateNode } from '../template/parse-template.ts';
import { namesIn, thinkingTagsOf } from '../template/template-facts.ts';
import { builtInOf, isGptOss, type ModelConfig } from './model-config.ts';

/** What a model can do is told by these. */
export interface Abilities {
  config: ModelConfig;
  gguf: Gguf | undefined;
  projectors: readonly Gguf[];
  /** Its Go template, where it has a layer of that kind. */
  template: string | undefined;
}

/**
 * As Ollama derives them, in its order (reference: ollama/server/images.go `Capabilities`). Where a model has a Go
 * template as well as a Jinja one the Go template counts, since ollama-proxy sets `OLLAMA_GO_TEMPLATE`.
 */
export function capabilitiesOf({ config, gguf, projectors, template }: Abilities): string[] {
  const isRenderedByOllama = builtInOf(config) !== undefined || template !== undefined;
  const all = [
    ...config.capabilities,
    ...(gguf && !isRenderedByOllama ? ofJinja(chatTemplateOf(gguf)) : []),
    ...(gguf ? ofFile(gguf) : []),
    ...projectors.flatMap(ofProjector),
    ...(template === undefined ? [] : ofGoTemplate(template)),
    ...(PARSERS[config.parser] ?? []),
    ...(isGptOss(config) ? ['thinking'] : []),
  ];
  const isMute = gguf !== undefined && architectureOf(gguf) === 'nemotron_h_omni';
  return [...new Set(all)].filter((capability) => !(isMute && capability === 'audio'));
}

function ofFile(gguf: Gguf): string[] {
  return [
    ownValue(gguf, 'pooling_type') === undefined ? 'completion' : 'embedding',
    ...(ownValue(gguf, 'vision.block_count') === undefined ? [] : ['vision']),
    ...(ownValue(gguf, 'audio.block_count') === undefined ? [] : ['audio']),
  ];
}

function ofProjector(projector: Gguf): string[] {
  const hears = [...projector.metadata].some(
    ([key, value]) => /(^|\.)has_audio_encoder$/.test(key) && value === true,
  );
  return hears && ownValue(projector, 'vision.projector_type') !== 'gemma3nv'
    ? ['vision', 'audio']
    : ['vision'];
}

/** By its words, since nobody here runs Jinja; Ollama does no more. */
function ofJinja(template: string): string[] {
  const thinks =
    template.includes('enable_thinking') ||
    (template.includes('<think>') && template.includes('</think>')) ||
    /content\.split\(['"]<\/think>['"]\)/.test(template);
  return [...(/tools|tool_call/.test(template) ? ['tools'] : []), ...(thinks ? ['thinking'] : [])];
}

function ofGoTemplate(template: string): string[] {
  const nodes = parsedOrEmpty(template);
  const names = namesIn(nodes);
  return [
    ...(names.has('tools') ? ['tools'] : []),
    ...(names.has('suffix') ? ['insert'] : []),
    ...(thinkingTagsOf(nodes) ? ['thinking'] : []),
  ];
}

function parsedOrEmpty(template: string): TemplateNode[] {
  try {
    return parseTemplate(template);
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}

const BOTH = ['tools', 'thinking'];
const TOOLS = ['tools'];

/** Ollama's own parsers, and what they understand (reference: ollama/model/parsers). */
const PARSERS: Record<string, string[]> = {
  qwen3: TOOLS,
  'qwen3-thinking': BOTH,
  'qwen3.5': BOTH,
  'qwen3-coder': TOOLS,
  'qwen3-vl-instruct': TOOLS,
  'qwen3-vl-thinking': BOTH,
  ministral: TOOLS,
  harmony: BOTH,
  cogito: BOTH,
  deepseek3: BOTH,
  olmo3: TOOLS,
  'olmo3-think': ['thinking'],
  'nemotron-3-nano': BOTH,
  functiongemma: TOOLS,
  gemma4: BOTH,
  'gemma4-no-thinking': TOOLS,
  'glm-4.7': BOTH,
  lfm2: TOOLS,
  'lfm2-thinking': BOTH,
  laguna: BOTH,
  cohere: BOTH,
  glimmer: BOTH,
};
