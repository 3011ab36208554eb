import { deleteModel } from './delete.ts';
import { nativeEmbed, nativeEmbeddings } from './embed.ts';
import type { Exchange } from './exchange.ts';
import { loaded, running, show, status, tags, version } from './listing.ts';
import { nativeChat } from './native-chat.ts';
import { nativeGenerate } from './native-generate.ts';
import { chatCompletions, completions, embeddings, listModels, retrieveModel } from './openai.ts';
import type { Ollama } from './server-state.ts';

export interface Route {
  methods: string[];
  path: RegExp | string;
  handle: (ollama: Ollama, exchange: Exchange) => Promise<void>;
  /** Whether a fault that names no path may hit it. */
  isInference?: true;
}

const routes: Route[] = [
  { methods: ['GET', 'HEAD'], path: '/', handle: running },
  { methods: ['GET', 'HEAD'], path: '/api/version', handle: version },
  { methods: ['GET'], path: '/api/status', handle: status },
  { methods: ['GET', 'HEAD'], path: '/api/tags', handle: tags },
  { methods: ['GET'], path: '/api/ps', handle: loaded },
  { methods: ['POST'], path: '/api/show', handle: show },
  { methods: ['DELETE'], path: '/api/delete', handle: deleteModel },
  { methods: ['POST'], path: '/api/chat', handle: nativeChat, isInference: true },
  { methods: ['POST'], path: '/api/generate', handle: nativeGenerate, isInference: true },
  { methods: ['POST'], path: '/api/embed', handle: nativeEmbed, isInference: true },
  { methods: ['POST'], path: '/api/embeddings', handle: nativeEmbeddings, isInference: true },
  { methods: ['POST'], path: '/v1/chat/completions', handle: chatCompletions, isInference: true },
  { methods: ['POST'], path: '/v1/completions', handle: completions, isInference: true },
  { methods: ['POST'], path: '/v1/embeddings', handle: embeddings, isInference: true },
  { methods: ['GET'], path: '/v1/models', handle: listModels },
  // One path segment, so that a name with a slash cannot be asked for.
  { methods: ['GET'], path: /^\/v1\/models\/[^/]+$/, handle: retrieveModel },
];

export const routesAt = (path: string): Route[] =>
  routes.filter((route) => (typeof route.path === 'string' ? route.path === path : route.path.test(path)));
