import { conversationOf } from '#shared/protocol/conversation.ts';
import { ChatRequest, readChat } from '#shared/protocol/ollama/read-chat.ts';
import { isStream, refuseUnload } from '#shared/protocol/ollama/request-fields.ts';
import { chatWording } from '#shared/protocol/ollama/wording.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import { sizeOfPrompt } from '#shared/protocol/size-of-prompt.ts';
import { answerWriter, loaded, ollamaFailures, streamOf } from './ollama-form.ts';
import type { Surface } from './surface.ts';

/** `POST /api/chat` */
export const ollamaChat: Surface = {
  stream: streamOf(chatWording),

  readCall(document) {
    const request = parseFields(ChatRequest, document.value);
    const prompt = readChat(request);
    const { model } = request;
    const isLoad = prompt.messages.length === 0;
    if (isLoad) refuseUnload(request);
    return {
      model,
      stream: isStream(request),
      choices: 1,
      ...(prompt.outputCap !== undefined && { outputCap: prompt.outputCap }),
      task: { kind: 'chat', read: () => prompt },
      ...(isLoad && { answered: loaded(model, { message: { role: 'assistant', content: '' } }) }),
      size: () => sizeOfPrompt(prompt),
      conversation: () => conversationOf(document.value),
      writer: answerWriter(model, isStream(request), chatWording),
    };
  },

  ...ollamaFailures,
};
