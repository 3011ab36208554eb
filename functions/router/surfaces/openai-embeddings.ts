import { failedStream, KEEP_ALIVE } from '#shared/protocol/openai/chat-chunks.ts';
import { embeddingsCall } from '#shared/protocol/openai/embedding/embeddings-call.ts';
import { errorObjectFor } from '#shared/protocol/openai/error-object-for.ts';
import { SSE_HEADERS } from '#shared/protocol/openai/sse-headers.ts';
import type { Surface } from './surface.ts';

/** `POST /v1/embeddings`, which never streams. */
export const openaiEmbeddings: Surface = {
  stream: { headers: SSE_HEADERS, keepAlive: () => KEEP_ALIVE },
  readCall: embeddingsCall,
  errorBody: errorObjectFor({ messages: 'input' }),
  failedStream,
};
