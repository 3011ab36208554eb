import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { type Content, contentOf } from './content.ts';
import type { Layer, ModelParts } from './manifest-of.ts';

interface TinyModel {
  /** The model file; a GGUF that an engine loads when left out. */
  model?: Content;
  template?: string;
  params?: Record<string, unknown>;
  /** More in the config than a plain model has: `renderer`, `remote_host`, … */
  config?: Record<string, unknown>;
}

const TEMPLATE = `{{- range .Messages }}{{ .Role }}: {{ .Content }}
{{ end }}assistant: `;
const LICENSE = 'Whoever has these weights may do with them as they like.\n'.repeat(20);

/** A model of four layers and a config, as Ollama pushes one. The same bytes in each run. */
export function aTinyModel({
  model = tinyFile(),
  template = TEMPLATE,
  params = { num_ctx: 2048, stop: ['user:', 'assistant:'], temperature: 0.6 },
  config = {},
}: TinyModel = {}): ModelParts {
  const layers: Layer[] = [
    { kind: 'model', content: model },
    { kind: 'template', content: contentOf(Buffer.from(template)) },
    { kind: 'license', content: contentOf(Buffer.from(LICENSE)) },
    { kind: 'params', content: contentOf(Buffer.from(JSON.stringify(params))) },
  ];
  const written = aConfig(
    config,
    layers.map(({ content }) => content.digest),
  );
  return { layers, config: contentOf(Buffer.from(JSON.stringify(written))) };
}

/** The fields of a config in Ollama's order (reference: ollama/types/model/config.go). */
export const aConfig = (more: Record<string, unknown> = {}, layers: readonly string[] = []) => ({
  model_format: 'gguf',
  model_family: 'llama',
  model_families: ['llama'],
  model_type: '117K',
  file_type: 'F32',
  ...more,
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: layers },
});

let cached: Content | undefined;
function tinyFile(): Content {
  cached ??= contentOf(tinyGguf());
  return cached;
}
