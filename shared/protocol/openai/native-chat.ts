import type { NativeRequest } from '../call.ts';
import { type JsonDocument, withFields } from '../json-document.ts';
import type { ChatRequest } from './chat-request.ts';
import { choicesOf, wantsStreamUsage } from './chat-wishes.ts';
import { PassedStream } from './pass-stream.ts';
import { PassedWhole } from './pass-whole.ts';

/** A chat request for an upstream that speaks OpenAI's protocol. */
export function nativeChat(request: ChatRequest, document: JsonDocument): NativeRequest {
  const form = { streamUsage: wantsStreamUsage(request), choices: choicesOf(request) };
  const isStream = request.stream ?? false;
  return {
    protocol: 'openai',
    path: '/chat/completions',
    body: (model, outputCap) => withFields(document, edits(request, model, outputCap), DECISIVE),
    pass: (measuring) => (isStream ? new PassedStream(form, measuring) : new PassedWhole(measuring)),
  };
}

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
const edits = (request: ChatRequest, model: string, outputCap: number): Record<string, unknown> => ({
  model,
  ...(request.stream && { stream_options: { ...request.stream_options, include_usage: true } }),
  ...cappedFields(request, outputCap),
});

/** Each of the two names is lowered where it is given, since an upstream may know only the other one. */
function cappedFields(request: ChatRequest, outputCap: number): Record<string, unknown> {
  const given = (['max_tokens', 'max_completion_tokens'] as const).filter((field) => request[field] != null);
  if (given.length === 0) return { max_tokens: outputCap };
  const tooHigh = given.filter((field) => request[field]! > outputCap);
  return Object.fromEntries(tooHigh.map((field) => [field, outputCap]));
}
