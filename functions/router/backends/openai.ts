import { GatewayError } from '#shared/errors.ts';
import type { Call } from '#shared/protocol/call.ts';
import { withFields } from '#shared/protocol/json-document.ts';
import { openaiFailure } from '#shared/protocol/openai/failure.ts';
import type { Model, Target } from '../catalog/catalog.ts';
import type { Backend } from './backend.ts';
import { capOf } from './output-cap.ts';

/** Any OpenAI-compatible service; an address ends in the version, as `https://host/v1`. */
export const openai: Backend = {
  protocol: 'openai-chat',

  request(call, model, target) {
    const { address, credential } = target.upstream;
    return {
      url: new URL(`${address}/chat/completions`),
      headers: {
        accept: call.stream ? 'text/event-stream' : 'application/json',
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
      body: withFields(call.document, edits(call, model, target)),
    };
  },

  reader() {
    throw new GatewayError('internal_error', 'Only the OpenAI surface speaks to this upstream so far.');
  },
  failure: openaiFailure,
};

/** The only edits: the model's name there, usage always asked for, and the output cap where ours is lower. */
function edits(call: Call, model: Model, target: Target): Record<string, unknown> {
  const { value } = call.document;
  const field = value.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
  const asked = typeof value[field] === 'number' ? value[field] : undefined;
  const cap = capOf(asked, model);
  return {
    model: target.model,
    ...(call.stream && {
      stream_options: { ...(value.stream_options as object | null), include_usage: true },
    }),
    ...(cap !== asked && { [field]: cap }),
  };
}
