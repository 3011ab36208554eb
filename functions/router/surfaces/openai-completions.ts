import { failedStream, KEEP_ALIVE } from '#shared/protocol/openai/chat-chunks.ts';
import { completionCall } from '#shared/protocol/openai/completion/completion-call.ts';
import { errorObjectFor } from '#shared/protocol/openai/error-object-for.ts';
import { SSE_HEADERS } from '#shared/protocol/openai/sse-headers.ts';
import type { Surface } from './surface.ts';

/** `POST /v1/completions` */
export const openaiCompletions: Surface = {
  stream: { headers: SSE_HEADERS, keepAlive: () => KEEP_ALIVE },
  readCall: completionCall,
  errorBody: errorObjectFor({ messages: 'prompt' }),
  failedStream,
};
