import type { Upstream } from '#shared/catalog/catalog.ts';
import type { Backend } from './backend.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';

export const backends = { ollama, openai } satisfies Record<Upstream['backend'], Backend>;
