import { conversationOf } from '#shared/protocol/conversation.ts';
import { failedStream, KEEP_ALIVE } from '#shared/protocol/openai/chat-chunks.ts';
import { ChatRequest } from '#shared/protocol/openai/chat-request.ts';
import { choicesOf, endUserOf, outputCapOf } from '#shared/protocol/openai/chat-wishes.ts';
import { chatWriter } from '#shared/protocol/openai/chat-writer.ts';
import { errorObject } from '#shared/protocol/openai/error-object.ts';
import { measurePrompt } from '#shared/protocol/openai/measure-prompt.ts';
import { nativeChat } from '#shared/protocol/openai/native-chat.ts';
import { readPrompt } from '#shared/protocol/openai/read-prompt.ts';
import { SSE_HEADERS } from '#shared/protocol/openai/sse-headers.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import type { Surface } from './surface.ts';

/** `POST /v1/chat/completions` */
export const openaiChat: Surface = {
  stream: { headers: SSE_HEADERS, keepAlive: () => KEEP_ALIVE },

  readCall(document) {
    const request = parseFields(ChatRequest, document.value);
    return {
      model: request.model,
      stream: request.stream ?? false,
      choices: choicesOf(request),
      ...outputCapOf(request),
      ...endUserOf(request),
      task: { kind: 'chat', read: () => readPrompt(document.value) },
      native: nativeChat(request, document),
      size: () => measurePrompt(document.value),
      conversation: () => conversationOf(document.value),
      writer: chatWriter(request),
    };
  },

  errorBody: errorObject,
  failedStream,
};
