import { ChatReader } from '#shared/protocol/ollama/chat-reader.ts';
import { chatRequest, isCloudModel } from '#shared/protocol/ollama/chat-request.ts';
import { ollamaFailure } from '#shared/protocol/ollama/failure.ts';
import { noSuchModel } from '../steps/resolve-route.ts';
import type { Backend } from './backend.ts';
import { capOf } from './output-cap.ts';

/**
 * Ollama by its native `/api/chat`, never its `/v1`: there an error in mid-stream vanishes, a long prompt
 * is cut in silence, and temperature and top_p are overridden (reference: ollama.md 1.5).
 */
export const ollama: Backend = {
  request(call, model, route) {
    if (isCloudModel(route.model)) throw noSuchModel(call.model); // its prompts would leave this house
    const prompt = call.prompt();
    const outputCap = capOf(prompt.outputCap, model);
    const body = chatRequest({ ...prompt, ...(outputCap !== undefined && { outputCap }) }, route);
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

  passage: (surface, call, identity) => surface.translate(call, identity, new ChatReader(identity.id)),
  failure: (status, body) => ollamaFailure(status, body),
};
