import { checkCapabilities } from './capabilities.ts';
import { failures } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Metrics, Produced, ToolCall } from './generation.ts';
import { goJson, type JsonObject } from './go-json.ts';
import { infer, type Rendering } from './inference.ts';
import { readChatRequest } from './native-request.ts';
import type { Ollama } from './server-state.ts';

export async function nativeChat(ollama: Ollama, exchange: Exchange): Promise<void> {
  const request = readChatRequest(exchange.record.bodyText);
  if (request.model === '') throw failures.modelRequired();
  const model = ollama.models.find(request.model);
  checkCapabilities(model, request, 'chat');
  await infer(ollama, exchange, model, request, chatRendering(request.model));
}

const chatRendering = (model: string): Rendering =>
  nativeRendering(model, ({ text, thinking, toolCalls }) => ({
    message: {
      role: 'assistant',
      content: text,
      ...(thinking && { thinking }),
      ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(nativeToolCall) }),
    },
  }));

/** NDJSON, or one object: chat and generate differ only in where the text stands. */
export function nativeRendering(
  model: string,
  said: (produced: Produced) => JsonObject,
  onDone: (done: Produced) => JsonObject = () => ({}),
): Rendering {
  const line = (produced: Produced) => ({
    model,
    created_at: new Date().toISOString(),
    ...said(produced),
    done: produced.done !== undefined,
    ...(produced.done && {
      done_reason: produced.done.reason,
      ...onDone(produced),
      ...nativeMetrics(produced.done.metrics),
    }),
  });
  return {
    streamType: 'application/x-ndjson',
    wholeType: 'application/json; charset=utf-8',
    streamsLoads: false,
    frames: (produced) => [{ text: `${goJson(line(produced))}\n`, part: produced.done ? 'finish' : 'piece' }],
    errorFrames: (message) => [{ text: `${goJson({ error: message })}\n`, part: 'piece' }],
    whole: (all) => line(together(all)),
  };
}

/** What a stream said piece by piece, said at once. */
export function together(all: Produced[]): Produced {
  const done = all.at(-1)?.done;
  return {
    text: all.map(({ text }) => text).join(''),
    thinking: all.map(({ thinking }) => thinking).join(''),
    toolCalls: all.flatMap(({ toolCalls }) => toolCalls),
    ...(done && { done }),
  };
}

export const nativeToolCall = ({ id, index, name, arguments: args }: ToolCall) => ({
  id,
  function: { index, name, arguments: args },
});

function nativeMetrics(metrics: Metrics | undefined): JsonObject {
  if (!metrics) return {};
  return withoutZeros({
    total_duration: metrics.totalNs,
    load_duration: metrics.loadNs,
    prompt_eval_count: metrics.promptTokens,
    prompt_eval_duration: metrics.promptNs,
    eval_count: metrics.outputTokens,
    eval_duration: metrics.outputNs,
  });
}

/** Go's `omitempty`: a zero count is absent, not 0. */
export const withoutZeros = (counts: Record<string, number>): JsonObject =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
