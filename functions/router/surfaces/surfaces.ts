import { anthropicMessages } from './anthropic-messages.ts';
import { ollamaChat } from './ollama-chat.ts';
import { ollamaEmbed, ollamaEmbeddings } from './ollama-embed.ts';
import { ollamaGenerate } from './ollama-generate.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiCompletions } from './openai-completions.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { openaiResponses } from './openai-responses.ts';
import type { Surface } from './surface.ts';

/** Every surface, by the path at which it is spoken. */
export const surfaces: ReadonlyMap<string, Surface> = new Map([
  ['/v1/chat/completions', openaiChat],
  ['/v1/completions', openaiCompletions],
  ['/v1/embeddings', openaiEmbeddings],
  ['/v1/responses', openaiResponses],
  ['/v1/messages', anthropicMessages],
  ['/api/chat', ollamaChat],
  ['/api/generate', ollamaGenerate],
  ['/api/embed', ollamaEmbed],
  ['/api/embeddings', ollamaEmbeddings],
]);

/** The surface whose callers ask for this path; where there is none, OpenAI's words are the most widely understood. */
export const surfaceAt = (path: string): Surface => surfaces.get(path) ?? surfaceAbove(path);

function surfaceAbove(path: string): Surface {
  if (/^\/(v1\/)*messages(\/|$)/.test(path)) return anthropicMessages;
  return /^\/api(\/|$)/.test(path) ? ollamaChat : openaiChat;
}
