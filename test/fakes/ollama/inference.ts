import type { Exchange } from './exchange.ts';
import { type GenerationLimits, generate, type Produced } from './generation.ts';
import { goJson } from './go-json.ts';
import type { Frame } from './mischief.ts';
import type { Model } from './models.ts';
import type { InferenceRequest } from './native-request.ts';
import { replyTo } from './replies.ts';
import { checkOptions, runnerSettings } from './runner-options.ts';
import type { Ollama } from './server-state.ts';
import { fitPrompt } from './tokens.ts';
import { sendStream, sendWhole } from './wire.ts';

/** How one surface writes down what the model made. */
export interface Rendering {
  streamType: string;
  wholeType: string;
  frames: (produced: Produced) => Frame[];
  errorFrames: (message: string) => Frame[];
  /** The answer without stream; `produced` lacks the done one when the runner just stopped. */
  whole: (produced: Produced[]) => unknown;
  /** Native answers a mere load or unload without stream, whatever was asked. */
  streamsLoads: boolean;
}

/** From a checked request to its last byte: runner, slot, prompt, tokens. */
export async function infer(
  ollama: Ollama,
  exchange: Exchange,
  model: Model,
  request: InferenceRequest,
  rendering: Rendering,
): Promise<void> {
  const startedAt = performance.now();
  checkOptions(request.options);
  if (request.messages.length === 0 && request.keepAliveMs === 0) {
    ollama.scheduler.unload(model);
    return answerOnce(exchange, request, rendering, 'unload');
  }
  const settings = runnerSettings(model, request.options, request.shift, ollama.contextLength);
  const releaseSlot = await ollama.scheduler.acquire(model, settings, request.keepAliveMs, exchange);
  try {
    if (request.messages.length === 0) return await answerOnce(exchange, request, rendering, 'load');
    const { messages, promptTokens } = fitPrompt(request.messages, { ...request, numCtx: settings.numCtx });
    const think = request.think ?? model.capabilities.includes('thinking');
    const reply = replyTo(model.reply, { ...request, messages, think, promptTokens });
    const limits: GenerationLimits = {
      promptTokens,
      maxOutputTokens: outputLimit(request, settings.numCtx - promptTokens),
      showsThinking: think !== false && model.capabilities.includes('thinking'),
      startedAt,
      loadedAt: performance.now(),
    };
    exchange.record.update({ phase: 'generating', promptTokens });
    await answer(exchange, request.stream, rendering, generate(reply, limits, exchange));
  } finally {
    releaseSlot();
  }
}

async function answer(
  exchange: Exchange,
  isStream: boolean,
  rendering: Rendering,
  produced: AsyncIterable<Produced>,
): Promise<void> {
  if (isStream) {
    const form = { contentType: rendering.streamType, errorFrames: rendering.errorFrames };
    return sendStream(exchange, form, framesOf(produced, rendering));
  }
  const lacksDone = ['done-false', 'cut-without-terminal'].includes(exchange.fault?.kind ?? '');
  const all: Produced[] = [];
  for await (const one of produced) if (!(lacksDone && one.done)) all.push(one);
  await sendWhole(exchange, 200, goJson(rendering.whole(all)), rendering.wholeType);
}

async function* framesOf(produced: AsyncIterable<Produced>, rendering: Rendering): AsyncGenerator<Frame> {
  for await (const one of produced) yield* rendering.frames(one);
}

async function answerOnce(
  exchange: Exchange,
  request: InferenceRequest,
  rendering: Rendering,
  reason: 'load' | 'unload',
): Promise<void> {
  const only = async function* (): AsyncGenerator<Produced> {
    yield { text: '', thinking: '', toolCalls: [], done: { reason } };
  };
  await answer(exchange, request.stream && rendering.streamsLoads, rendering, only());
}

/** num_predict below zero means no limit; a window that may not shift is one. */
function outputLimit({ options, shift }: InferenceRequest, leftInWindow: number): number {
  const numPredict = Number(options.num_predict ?? -1);
  const asked = numPredict < 0 ? Number.POSITIVE_INFINITY : numPredict;
  return shift ? asked : Math.min(asked, leftInWindow);
}
