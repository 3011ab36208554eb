import type { Call } from '#shared/protocol/call.ts';
import { withFields } from '#shared/protocol/json-document.ts';
import { openaiFailure } from '#shared/protocol/openai/failure.ts';
import type { Route } from '../catalog/catalog.ts';
import type { Backend } from './backend.ts';

/** Any OpenAI-compatible service; an address ends in the version, as `https://host/v1`. */
export const openai: Backend = {
  request(call, route, outputCap) {
    const { address, credential } = route.upstream;
    return {
      url: new URL(`${address}/chat/completions`),
      headers: {
        accept: call.stream ? 'text/event-stream' : 'application/json',
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
      body: withFields(call.document, edits(call, route, outputCap), DECISIVE),
    };
  },

  passage: (surface, call, _identity, measuring) => surface.pass(call, measuring),
  failure: openaiFailure,
};

/** What routing, metering and the ledger go by, besides what is edited. */
const DECISIVE = [
  'messages',
  'tools',
  'functions',
  'stream',
  'stream_options',
  'n',
  'max_tokens',
  'max_completion_tokens',
];

/** The only edits: the model's name there, usage always asked for, and the granted output cap. */
function edits(call: Call, route: Route, outputCap: number): Record<string, unknown> {
  const { value } = call.document;
  return {
    model: route.model,
    ...(call.stream && {
      stream_options: { ...(value.stream_options as object | null), include_usage: true },
    }),
    ...cappedFields(value, outputCap),
  };
}

/** Each of the two names is lowered where it is given, since an upstream may know only the other one. */
function cappedFields(value: Readonly<Record<string, unknown>>, outputCap: number): Record<string, unknown> {
  const given = ['max_tokens', 'max_completion_tokens'].filter((field) => value[field] != null);
  if (given.length === 0) return { max_tokens: outputCap };
  const tooHigh = given.filter((field) => (value[field] as number) > outputCap);
  return Object.fromEntries(tooHigh.map((field) => [field, outputCap]));
}
