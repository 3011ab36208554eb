import * as z from 'zod';
import { jsonOf } from './json-of.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

/** What is read of a config blob (reference: ollama/types/model/config.go). */
const ModelConfig = z.looseObject({
  model_format: text,
  model_family: text,
  model_families: z
    .array(z.string())
    .nullish()
    .transform((families) => families ?? null),
  /** How many parameters: `8.0B`. */
  model_type: text,
  /** Its quantisation: `Q4_K_M`. */
  file_type: text,
  renderer: text,
  parser: text,
  requires: text,
  capabilities: z
    .array(z.string())
    .nullish()
    .transform((capabilities) => capabilities ?? []),
  context_length: z.int().positive().optional().catch(undefined),
  embedding_length: z.int().positive().optional().catch(undefined),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

/** Undefined for bytes that are no config. */
export const readModelConfig = (bytes: Buffer): ModelConfig | undefined =>
  ModelConfig.safeParse(jsonOf(bytes)).data;

/** Of a model whose manifest names no config. */
export const EMPTY_CONFIG: ModelConfig = ModelConfig.parse({});

export const isGptOss = ({ model_family: family }: ModelConfig): boolean =>
  family === 'gptoss' || family === 'gpt-oss';

/**
 * What makes the prompt of this model in place of its template: a renderer or parser built into Ollama, or the
 * `harmony` format (reference: ollama/server/images.go `selectedTemplateSource`). Undefined where the template counts.
 */
export function builtInOf(config: ModelConfig): string | undefined {
  if (config.renderer !== '') return `the renderer ${JSON.stringify(config.renderer)}`;
  if (config.parser !== '') return `the parser ${JSON.stringify(config.parser)}`;
  return isGptOss(config) ? 'the harmony format of gpt-oss' : undefined;
}
