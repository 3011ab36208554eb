import { errorObject, errorStatus } from '#shared/protocol/anthropic/error-object.ts';
import { failedStream, PING } from '#shared/protocol/anthropic/message-events.ts';
import { messageWriter } from '#shared/protocol/anthropic/message-writer.ts';
import { MessagesRequest } from '#shared/protocol/anthropic/messages-request.ts';
import { readPrompt } from '#shared/protocol/anthropic/read-prompt.ts';

import { conversationOf } from '#shared/protocol/conversation.ts';
import { endUserOf } from '#shared/protocol/openai/chat-wishes.ts';
import { SSE_HEADERS } from '#shared/protocol/openai/sse-headers.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import type { Prompt } from '#shared/protocol/prompt.ts';
import { sizeOfPrompt } from '#shared/protocol/size-of-prompt.ts';
import type { Surface } from './surface.ts';

/** `POST /v1/messages`. `anthropic-version` and `anthropic-beta` are not read: there is one version here. */
export const anthropicMessages: Surface = {
  stream: { headers: SSE_HEADERS, keepAlive: () => PING },

  readCall(document) {
    const request = parseFields(MessagesRequest, document.value);
    let prompt: Prompt | undefined;
    // No upstream gets the request as it came, so that it is read once, for its size as for its backend.
    const read = () => {
      prompt ??= readPrompt(document.value);
      return prompt;
    };
    return {
      model: request.model,
      stream: request.stream ?? false,
      choices: 1,
      outputCap: request.max_tokens,
      ...endUserOf({ user: request.metadata?.user_id }),
      task: { kind: 'chat', read },
      size: () => sizeOfPrompt(read()),
      conversation: () => conversationOf(document.value),
      writer: messageWriter(request),
    };
  },

  status: errorStatus,
  errorBody: errorObject,
  failedStream,
};
