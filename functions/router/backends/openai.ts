import type { Call } from '#shared/protocol/call.ts';
import { withFields } from '#shared/protocol/json-document.ts';
import { openaiFailure } from '#shared/protocol/openai/failure.ts';
import type { Model, Route } from '../catalog/catalog.ts';
import type { Backend } from './backend.ts';
import { capOf } from './output-cap.ts';

/** Any OpenAI-compatible service; an address ends in the version, as `https://host/v1`. */
export const openai: Backend = {
  request(call, model, route) {
    const { address, credential } = route.upstream;
    return {
      url: new URL(`${address}/chat/completions`),
      headers: {
        accept: call.stream ? 'text/event-stream' : 'application/json',
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
      body: withFields(call.document, edits(call, model, route), DECISIVE),
    };
  },

  passage: (surface, call) => surface.pass(call),
  failure: openaiFailure,
};

/** What routing, metering and the ledger go by, besides what is edited. */
const DECISIVE = ['messages', 'stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens'];

/** The only edits: the model's name there, usage always asked for, and the output cap where ours is lower. */
function edits(call: Call, model: Model, route: Route): Record<string, unknown> {
  const { value } = call.document;
  return {
    model: route.model,
    ...(call.stream && {
      stream_options: { ...(value.stream_options as object | null), include_usage: true },
    }),
    ...cappedFields(value, model),
  };
}

/** Each of the two names is capped where it is given, since an upstream may know only the other one. */
function cappedFields(value: Readonly<Record<string, unknown>>, model: Model): Record<string, unknown> {
  const given = ['max_tokens', 'max_completion_tokens'].filter((field) => value[field] != null);
  const fields = given.length > 0 ? given : ['max_tokens'];
  return Object.fromEntries(
    fields.flatMap((field) => {
      const asked = (value[field] ?? undefined) as number | undefined;
      const cap = capOf(asked, model);
      return cap === asked ? [] : [[field, cap]];
    }),
  );
}
