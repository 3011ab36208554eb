import { ChatChunks, failedStream, KEEP_ALIVE } from '#shared/protocol/openai/chat-chunks.ts';
import { ChatCompletion } from '#shared/protocol/openai/chat-completion.ts';
import { ChatRequest } from '#shared/protocol/openai/chat-request.ts';
import { endUserOf, outputCapOf } from '#shared/protocol/openai/chat-wishes.ts';
import { errorObject } from '#shared/protocol/openai/error-object.ts';
import { measurePrompt } from '#shared/protocol/openai/measure-prompt.ts';
import { PassedStream } from '#shared/protocol/openai/pass-stream.ts';
import { PassedWhole } from '#shared/protocol/openai/pass-whole.ts';
import { readPrompt } from '#shared/protocol/openai/read-prompt.ts';
import { SSE_HEADERS } from '#shared/protocol/openai/sse-headers.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import { TranslatedPassage } from '#shared/protocol/passage.ts';
import type { Surface } from './surface.ts';

/** `POST /v1/chat/completions` */
export const openaiChat: Surface = {
  stream: { headers: SSE_HEADERS, keepAlive: KEEP_ALIVE },

  readCall(document) {
    const request = parseFields(ChatRequest, document.value);
    return {
      model: request.model,
      stream: request.stream ?? false,
      streamUsage: request.stream_options?.include_usage ?? false,
      choices: request.n ?? 1,
      document,
      ...outputCapOf(request),
      ...endUserOf(request),
      prompt: () => readPrompt(document.value),
      size: () => measurePrompt(document.value),
    };
  },

  pass: (call, measuring) => (call.stream ? new PassedStream(call, measuring) : new PassedWhole(measuring)),

  translate(call, identity, reader, measuring) {
    const writer = call.stream ? new ChatChunks(identity, call.streamUsage) : new ChatCompletion(identity);
    return new TranslatedPassage(reader, writer, measuring);
  },

  errorBody: errorObject,
  failedStream,
};
