import type { Route } from '#shared/catalog/catalog.ts';
import type { Call } from '#shared/protocol/call.ts';
import { saidInGenerate } from '#shared/protocol/ollama/answer-line.ts';
import { AnswerReader } from '#shared/protocol/ollama/answer-reader.ts';
import { ChatReader } from '#shared/protocol/ollama/chat-reader.ts';
import { chatRequest, isCloudModel } from '#shared/protocol/ollama/chat-request.ts';
import { EmbedReader } from '#shared/protocol/ollama/embed-reader.ts';
import { embedRequest } from '#shared/protocol/ollama/embed-request.ts';
import { ollamaFailure } from '#shared/protocol/ollama/failure.ts';
import { generateRequest } from '#shared/protocol/ollama/generate-request.ts';
import type { PieceReader } from '#shared/protocol/piece.ts';
import { noSuchModel } from '../steps/find-model.ts';
import { headersFor } from '../upstream/header-rules.ts';
import type { Backend } from './backend.ts';

/**
 * Ollama by its native API, never its `/v1`: there an error in mid-stream vanishes, a long prompt
 * is cut in silence, and temperature and top_p are overridden (reference: ollama.md 1.5).
 */
export const ollama: Backend = {
  request(call, route, outputCap) {
    if (isCloudModel(route.model)) throw noSuchModel(call.model); // its prompts would leave this house
    const { path, accept, body } = requestOf(call, route, outputCap);
    const url = new URL(`${route.upstream.address}${path}`);
    return {
      url,
      headers: () => headersFor(route.upstream, { method: 'POST', url, accept }),
      body: Buffer.from(JSON.stringify(body)),
    };
  },

  reader: readerOf,
  failure: (status, body) => ollamaFailure(status, body),
};

const NDJSON = 'application/x-ndjson';

function requestOf({ task }: Call, route: Route, outputCap: number) {
  switch (task.kind) {
    case 'chat':
      return { path: '/api/chat', accept: NDJSON, body: chatRequest({ ...task.read(), outputCap }, route) };
    case 'generate': {
      const body = generateRequest({ ...task.read(), outputCap }, route);
      return { path: '/api/generate', accept: NDJSON, body };
    }
    case 'embed':
      return { path: '/api/embed', accept: 'application/json', body: embedRequest(task.read(), route) };
  }
}

function readerOf({ task }: Call, callId: string): PieceReader {
  switch (task.kind) {
    case 'chat':
      return new ChatReader(callId);
    case 'generate':
      return new AnswerReader(callId, saidInGenerate);
    case 'embed':
      return new EmbedReader(task.read().texts.length);
  }
}
