import { GatewayError } from '#shared/errors.ts';
import { ChatReader } from '#shared/protocol/ollama/chat-reader.ts';
import { chatRequest, isCloudModel } from '#shared/protocol/ollama/chat-request.ts';
import { ollamaFailure } from '#shared/protocol/ollama/failure.ts';
import { noSuchModel } from '../steps/resolve-route.ts';
import type { Backend } from './backend.ts';

/**
 * Ollama by its native `/api/chat`, never its `/v1`: there an error in mid-stream vanishes, a long prompt
 * is cut in silence, and temperature and top_p are overridden (reference: ollama.md 1.5).
 */
export const ollama: Backend = {
  request(call, route, outputCap) {
    if (isCloudModel(route.model)) throw noSuchModel(call.model); // its prompts would leave this house
    if (call.task.kind !== 'chat') throw unsupported();
    const body = chatRequest({ ...call.task.read(), outputCap }, route);
    const { address, credential } = route.upstream;
    return {
      url: new URL(`${address}/api/chat`),
      headers: {
        accept: 'application/x-ndjson',
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
      body: Buffer.from(JSON.stringify(body)),
    };
  },

  reader: (_call, callId) => new ChatReader(callId),
  failure: (status, body) => ollamaFailure(status, body),
};

const unsupported = () =>
  new GatewayError('unsupported_parameter', 'This model cannot be called in this way.');
