import type { ReportedUsage, Usage } from './piece.ts';
import type { Produced } from './produced.ts';

/** What was held for a call, and by what measure its model's answers are counted. */
export interface UsageBounds {
  /** What the prompt counts where the upstream does not say. */
  promptEstimate: number;
  /** No more is believed of a prompt. */
  promptLimit: number;
  /** The output tokens that were set aside, of all choices. */
  outputHeld: number;
  /** Characters per 1,000 tokens of output. */
  outputChars: number;
  /** Tokens that the model makes in 1,000 seconds. */
  rate: number;
}

/** The usage that is told and charged. */
export interface MeasuredUsage {
  usage: Usage;
  /** `reported` when prompt and output both are the upstream's numbers. */
  source: 'reported' | 'counted';
  /** The output by our own count, whatever was reported. */
  counted: number;
  reported: ReportedUsage | undefined;
}

/**
 * Decides the usage: what the upstream reported where it can be true, else what we counted.
 *
 * An upstream that reports more than was held may be wrong or may lie; either way the hold is the most that
 * a tenant owes, since the output cap had gone upstream.
 */
export function measuredUsage(
  reported: ReportedUsage | undefined,
  produced: Produced,
  bounds: UsageBounds,
  nowMs: number,
): MeasuredUsage {
  const counted = countedOutput(produced, bounds, nowMs);
  const believedPrompt = believed(reported?.prompt, bounds.promptLimit);
  const believedOutput = believed(reported?.output, bounds.outputHeld);
  const prompt = believedPrompt ?? bounds.promptEstimate;
  const output = believedOutput ?? counted;
  const reasoning = believed(reported?.reasoning, Number.MAX_SAFE_INTEGER);
  const cached = believed(reported?.cached, Number.MAX_SAFE_INTEGER);
  return {
    usage: {
      prompt,
      output,
      ...(reasoning !== undefined && { reasoning: Math.min(reasoning, output) }),
      ...(cached !== undefined && { cached: Math.min(cached, prompt) }),
    },
    source: believedPrompt !== undefined && believedOutput !== undefined ? 'reported' : 'counted',
    counted,
    reported,
  };
}

function countedOutput(produced: Produced, bounds: UsageBounds, nowMs: number): number {
  const { pieces, characters, lumps, firstAtMs } = produced;
  const byCharacters = Math.ceil((characters * 1000) / bounds.outputChars);
  // Of what came in a lump only time tells how much it was: the model was at work since its first piece.
  const byTime =
    lumps > 0 && firstAtMs !== undefined ? Math.floor((bounds.rate * (nowMs - firstAtMs)) / 1e6) : 0;
  return Math.min(bounds.outputHeld, Math.max(pieces, byCharacters, byTime));
}

const believed = (count: number | undefined, limit: number) =>
  count !== undefined && Number.isSafeInteger(count) && count >= 0 && count <= limit ? count : undefined;
