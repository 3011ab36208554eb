import type { ReportedUsage, Timings } from '../piece.ts';
import type { AnswerLine } from './answer-line.ts';

/**
 * What the last line tells of tokens. A count that is absent was zero or not known (of a prompt that was cached, in
 * older versions): it is left out. Tokens of thinking are never reported; Ollama sends about one a piece, so the
 * pieces are counted.
 */
export function usageOf(line: AnswerLine, thinkingPieces: number): ReportedUsage {
  const prompt = countOf(line.prompt_eval_count);
  const output = countOf(line.eval_count);
  const cached = countOf(line.prompt_eval_cached_count);
  return {
    ...(prompt !== undefined && { prompt }),
    ...(output !== undefined && { output }),
    ...(thinkingPieces > 0 && { reasoning: Math.min(thinkingPieces, output ?? thinkingPieces) }),
    ...(cached !== undefined && { cached }),
  };
}

/** How long what took; Ollama counts in nanoseconds too. */
export function timingsOf(line: AnswerLine): Timings {
  const load = countOf(line.load_duration);
  const prompt = countOf(line.prompt_eval_duration);
  const output = countOf(line.eval_duration);
  return {
    ...(load !== undefined && { load }),
    ...(prompt !== undefined && { prompt }),
    ...(output !== undefined && { output }),
  };
}

export const countOf = (value: unknown) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
