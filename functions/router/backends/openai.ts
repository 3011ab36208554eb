import { GatewayError } from '#shared/errors.ts';
import { openaiFailure } from '#shared/protocol/openai/failure.ts';
import type { Backend } from './backend.ts';

/** Any OpenAI-compatible service; an address ends in the version, as `https://host/v1`. */
export const openai: Backend = {
  request(call, route, outputCap) {
    const { address, credential } = route.upstream;
    const { native } = call;
    if (native?.protocol !== 'openai') throw untranslated();
    return {
      url: new URL(`${address}${native.path}`),
      headers: {
        accept: call.stream ? 'text/event-stream' : 'application/json',
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
      body: native.body(route.model, outputCap),
    };
  },

  reader() {
    throw untranslated();
  },

  failure: openaiFailure,
};

const untranslated = () =>
  new GatewayError('unsupported_parameter', 'This model cannot be called by this protocol.');
