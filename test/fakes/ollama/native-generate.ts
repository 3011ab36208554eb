import { checkCapabilities } from './capabilities.ts';
import type { Exchange } from './exchange.ts';
import { infer } from './inference.ts';
import { nativeRendering, nativeToolCall } from './native-chat.ts';
import { readGenerateRequest } from './native-request.ts';
import type { Ollama } from './server-state.ts';

export async function nativeGenerate(ollama: Ollama, exchange: Exchange): Promise<void> {
  const request = readGenerateRequest(exchange.record.bodyText);
  const model = ollama.models.find(request.model);
  checkCapabilities(model, request, 'generate', request.suffix);
  await infer(ollama, exchange, model, request, generateRendering(request.model, request.raw));
}

const generateRendering = (model: string, isRaw: boolean) =>
  nativeRendering(
    model,
    ({ text, thinking, toolCalls }) => ({
      response: text,
      ...(thinking && { thinking }),
      ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(nativeToolCall) }),
    }),
    ({ done }) => {
      if (isRaw || !done?.metrics) return {};
      return { context: tokenIds(done.metrics.promptTokens + done.metrics.outputTokens) };
    },
  );

/** The whole of prompt and answer as token ids, made up: only that there are so many is true. */
const tokenIds = (count: number): number[] =>
  Array.from({ length: count }, (_, at) => 1_000 + ((at * 7_919) % 120_000));
