import { randomInt } from 'node:crypto';
import type { Metrics, Produced, ToolCall } from './generation.ts';
import { goJson, type JsonObject } from './go-json.ts';
import type { Rendering } from './inference.ts';
import type { Frame } from './mischief.ts';
import { together } from './native-chat.ts';
import type { OpenAiRequest } from './openai-request.ts';

const DONE: Frame = { text: 'data: [DONE]\n\n', part: 'end' };
const TYPES = { streamType: 'text/event-stream', wholeType: 'application/json', streamsLoads: true };

/** The role comes once, the finish in a chunk of its own, usage only when asked for. */
export function chatCompletionRendering({ model, includesUsage }: OpenAiRequest): Rendering {
  const base = { id: `chatcmpl-${randomInt(999)}`, created: now(), system_fingerprint: 'fp_ollama' };
  let isFirst = true;
  let hasCalledTools = false;
  const chunk = (model: string, choices: unknown[], rest: JsonObject = {}) =>
    event({ ...base, object: 'chat.completion.chunk', model, choices, ...rest });
  const said = (produced: Produced) => {
    const role = isFirst ? { role: 'assistant' } : {};
    isFirst = false;
    return { index: 0, delta: { ...role, ...messageOf(produced) }, finish_reason: null };
  };
  const frames = (produced: Produced): Frame[] => {
    const { done } = produced;
    hasCalledTools ||= produced.toolCalls.length > 0;
    const isWorthAChunk = !done || isFirst || produced.text !== '' || produced.toolCalls.length > 0;
    const pieces: Frame[] = isWorthAChunk ? [{ text: chunk(model, [said(produced)]), part: 'piece' }] : [];
    if (!done) return pieces;
    const finish = { index: 0, delta: {}, finish_reason: finishReason(done.reason, hasCalledTools) };
    const usage = chunk(model, [], { usage: usageOf(done.metrics) });
    return [
      ...pieces,
      { text: chunk(model, [finish]), part: 'finish' },
      ...(includesUsage ? [{ text: usage, part: 'usage' } as const] : []),
      DONE,
    ];
  };
  return {
    ...TYPES,
    frames,
    // Ollama reads its own error line as a chat response without fields: the message is lost.
    errorFrames: () => [{ text: chunk('', [said(NOTHING)]), part: 'piece' }],
    whole: (all) => chatCompletion(base, model, together(all)),
  };
}

const chatCompletion = (base: JsonObject, model: string, all: Produced) => ({
  ...base,
  object: 'chat.completion',
  model,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', ...messageOf(all) },
      finish_reason: finishReason(all.done?.reason, all.toolCalls.length > 0),
    },
  ],
  usage: usageOf(all.done?.metrics),
});

/** With usage asked for, every chunk has one of zeros and the true one comes last. */
export function completionRendering({ model, includesUsage }: OpenAiRequest): Rendering {
  const base = { id: `cmpl-${randomInt(999)}`, object: 'text_completion', created: now() };
  const chunk = (name: string, choices: unknown[], metrics?: Metrics) =>
    event({
      ...base,
      choices,
      model: name,
      system_fingerprint: 'fp_ollama',
      ...(includesUsage && { usage: usageOf(metrics) }),
    });
  const choice = ({ text, done }: Produced) => ({ text, index: 0, finish_reason: done?.reason ?? null });
  return {
    ...TYPES,
    frames: (produced) => {
      const piece = chunk(model, [choice(produced)]);
      if (!produced.done) return [{ text: piece, part: 'piece' }];
      const usage: Frame = { text: chunk(model, [], produced.done.metrics), part: 'usage' };
      return [{ text: piece, part: 'finish' }, ...(includesUsage ? [usage] : []), DONE];
    },
    errorFrames: () => [{ text: chunk('', [choice(NOTHING)]), part: 'piece' }],
    whole: (all) => ({
      ...base,
      model,
      system_fingerprint: 'fp_ollama',
      choices: [choice(together(all))],
      usage: usageOf(all.at(-1)?.done?.metrics),
    }),
  };
}

const NOTHING: Produced = { text: '', thinking: '', toolCalls: [] };

const now = () => Math.floor(Date.now() / 1000);

const event = (value: unknown) => `data: ${goJson(value)}\n\n`;

const messageOf = ({ text, thinking, toolCalls }: Produced) => ({
  content: text,
  ...(thinking && { reasoning: thinking }),
  ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(openAiToolCall) }),
});

const openAiToolCall = ({ id, index, name, arguments: args }: ToolCall) => ({
  id,
  index,
  type: 'function',
  function: { name, arguments: goJson(args) },
});

function finishReason(reason: string | undefined, hasCalledTools: boolean): string | null {
  if (reason === 'stop' && hasCalledTools) return 'tool_calls';
  return reason ?? null;
}

const usageOf = (metrics: Metrics | undefined) => ({
  prompt_tokens: metrics?.promptTokens ?? 0,
  completion_tokens: metrics?.outputTokens ?? 0,
  total_tokens: (metrics?.promptTokens ?? 0) + (metrics?.outputTokens ?? 0),
});
