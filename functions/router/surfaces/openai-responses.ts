import { KEEP_ALIVE } from '#shared/protocol/openai/chat-chunks.ts';
import { failedResponse, responseError } from '#shared/protocol/openai/response/failed-response.ts';
import { responseCall } from '#shared/protocol/openai/response/response-call.ts';
import { SSE_HEADERS } from '#shared/protocol/openai/sse-headers.ts';
import type { Surface } from './surface.ts';

/** `POST /v1/responses`, without a memory: nothing is stored. */
export const openaiResponses: Surface = {
  stream: { headers: SSE_HEADERS, keepAlive: () => KEEP_ALIVE },
  readCall: responseCall,
  errorBody: responseError,
  failedStream: failedResponse,
};
