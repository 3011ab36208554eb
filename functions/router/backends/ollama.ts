import { GatewayError } from '#shared/errors.ts';
import { ChatReader } from '#shared/protocol/ollama/chat-reader.ts';
import { chatRequest, isCloudModel } from '#shared/protocol/ollama/chat-request.ts';
import { ollamaFailure } from '#shared/protocol/ollama/failure.ts';
import type { Backend } from './backend.ts';
import { capOf } from './output-cap.ts';

/**
 * Ollama by its native `/api/chat`, never its `/v1`: there an error in mid-stream vanishes, a long prompt
 * is cut in silence, and temperature and top_p are overridden (reference: ollama.md 1.5).
 */
export const ollama: Backend = {
  request(call, model, target) {
    if (isCloudModel(target.model)) {
      throw new GatewayError(
        'model_not_found',
        `The model \`${call.model}\` would leave this house; it is not served.`,
        {
          param: 'model',
        },
      );
    }
    const prompt = call.prompt();
    const outputCap = capOf(prompt.outputCap, model);
    const body = chatRequest({ ...prompt, ...(outputCap !== undefined && { outputCap }) }, target);
    const { address, credential } = target.upstream;
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
