import type { Call, NativeTarget } from '#shared/protocol/call.ts';
import { AnswerReader } from '#shared/protocol/openai/answer-reader.ts';
import { ChatChoiceReader, CompletionChoiceReader } from '#shared/protocol/openai/choice-reader.ts';
import { EmbeddingsReader } from '#shared/protocol/openai/embeddings-reader.ts';
import { openaiFailure } from '#shared/protocol/openai/failure.ts';
import { writeChatRequest } from '#shared/protocol/openai/write-chat-request.ts';
import {
  asChat,
  isPlainCompletion,
  writeCompletionRequest,
} from '#shared/protocol/openai/write-completion-request.ts';
import { writeEmbeddingsRequest } from '#shared/protocol/openai/write-embeddings-request.ts';
import type { PieceReader } from '#shared/protocol/piece.ts';
import { headersFor } from '../upstream/header-rules.ts';
import type { Backend } from './backend.ts';

/** Any OpenAI-compatible service; an address ends in the version, as `https://host/v1`. */
export const openai: Backend = {
  request(call, route, outputCap) {
    const { address, outputCapField } = route.upstream;
    const { path, isStream, body } = written(call, { model: route.model, outputCap, outputCapField });
    const url = new URL(`${address}${path}`);
    const accept = isStream ? 'text/event-stream' : 'application/json';
    return {
      url,
      headers: () => headersFor(route.upstream, { method: 'POST', url, accept }),
      body,
    };
  },

  reader: readerOf,
  failure: openaiFailure,
};

interface Written {
  /** Below the upstream's address. */
  path: string;
  isStream: boolean;
  body: Buffer;
}

/** As it came where it came in OpenAI's protocol; else as the task says it. */
function written(call: Call, target: NativeTarget): Written {
  const { native, task, stream } = call;
  if (native) return { path: native.path, isStream: stream, body: native.body(target) };
  if (task.kind === 'embed') {
    const body = writeEmbeddingsRequest(task.read(), target.model);
    return { path: '/embeddings', isStream: false, body: asJson(body) };
  }
  if (task.kind === 'chat') return asStream('/chat/completions', writeChatRequest(task.read(), target));
  const prompt = task.read();
  return isPlainCompletion(prompt)
    ? asStream('/completions', writeCompletionRequest(prompt, target))
    : asStream('/chat/completions', writeChatRequest(asChat(prompt), target));
}

const asStream = (path: string, body: object): Written => ({ path, isStream: true, body: asJson(body) });
const asJson = (body: object) => Buffer.from(JSON.stringify(body));

function readerOf({ task }: Call, callId: string): PieceReader {
  if (task.kind === 'embed') return new EmbeddingsReader(task.read().texts.length);
  const isPlain = task.kind === 'generate' && isPlainCompletion(task.read());
  return new AnswerReader(isPlain ? new CompletionChoiceReader() : new ChatChoiceReader(callId));
}
