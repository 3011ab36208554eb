import type { ChatCompletionChunk } from 'openai/resources/chat/completions';

/** What a chat stream amounts to. */
export interface Told {
  chunks: ChatCompletionChunk[];
  text: string;
  thinking: string;
  finish: string | null;
  usage: ChatCompletionChunk['usage'];
  /** What the stream threw, after all that came before it. */
  error: unknown;
}

type Delta = ChatCompletionChunk['choices'][number]['delta'] & {
  reasoning_content?: string;
  reasoning?: string;
};

/** Reads a stream to its end, good or bad. */
export async function listen(stream: AsyncIterable<ChatCompletionChunk>): Promise<Told> {
  const told: Told = { chunks: [], text: '', thinking: '', finish: null, usage: undefined, error: undefined };
  try {
    for await (const chunk of stream) {
      told.chunks.push(chunk);
      const choice = chunk.choices[0];
      const delta: Delta = choice?.delta ?? {};
      told.text += delta.content ?? '';
      told.thinking += delta.reasoning_content ?? delta.reasoning ?? '';
      told.finish = choice?.finish_reason ?? told.finish;
      told.usage = chunk.usage ?? told.usage;
    }
  } catch (error) {
    told.error = error;
  }
  return told;
}
