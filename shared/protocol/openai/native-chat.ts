import type { NativeRequest, NativeTarget } from '../call.ts';
import { type JsonDocument, withFields } from '../json-document.ts';
import type { ChatRequest } from './chat-request.ts';
import { choicesOf, outputCapOf, wantsStreamUsage } from './chat-wishes.ts';
import { PassedStream } from './pass-stream.ts';
import { PassedWhole } from './pass-whole.ts';

/** A chat request for an upstream that speaks OpenAI's protocol. */
export function nativeChat(request: ChatRequest, document: JsonDocument): NativeRequest {
  const form = { streamUsage: wantsStreamUsage(request), choices: choicesOf(request) };
  const isStream = request.stream ?? false;
  return {
    protocol: 'openai',
    path: '/chat/completions',
    body: (target) => withFields(document, edits(request, target), DECISIVE),
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
const edits = (request: ChatRequest, target: NativeTarget): Record<string, unknown> => ({
  model: target.model,
  ...(request.stream && { stream_options: { ...request.stream_options, include_usage: true } }),
  ...cappedFields(request, target),
});

/**
 * The cap stands under the one name that the upstream knows: under the other it would have no effect there,
 * or be refused, as some refuse both at once.
 */
function cappedFields(request: ChatRequest, target: NativeTarget): Record<string, unknown> {
  const name = target.outputCapField;
  const other = name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  const cap = Math.min(outputCapOf(request).outputCap ?? Number.POSITIVE_INFINITY, target.outputCap);
  return {
    ...(request[name] !== cap && { [name]: cap }),
    ...(request[other] !== undefined && { [other]: undefined }),
  };
}
