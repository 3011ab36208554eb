import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measuredUsage, type UsageBounds } from './measured-usage.ts';
import type { ReportedUsage } from './piece.ts';
import type { Produced } from './produced.ts';

const BOUNDS: UsageBounds = {
  promptEstimate: 10,
  promptLimit: 100,
  outputHeld: 50,
  outputChars: 4000,
  rate: 30_000,
};
const NOTHING: Produced = { pieces: 0, characters: 0, lumps: 0, firstAtMs: undefined };
const THREE: Produced = { pieces: 3, characters: 6, lumps: 0, firstAtMs: 0 };

const measure = (reported?: ReportedUsage, produced: Partial<Produced> = THREE, nowMs = 0) =>
  measuredUsage(reported, { ...NOTHING, ...produced }, BOUNDS, nowMs);

describe('what an upstream reports', () => {
  it('is believed up to what was held, with its details', () => {
    const reported = { prompt: 100, output: 50, reasoning: 20, cached: 30 };
    expect(measure(reported)).toEqual({ usage: reported, source: 'reported', counted: 3, reported });
    expect(measure({ prompt: 0, output: 0 })).toMatchObject({
      usage: { prompt: 0, output: 0 },
      source: 'reported',
    });
  });

  it.each([
    ['nothing', undefined, { prompt: 10, output: 3 }],
    ['no prompt', { output: 5 }, { prompt: 10, output: 5 }],
    ['no output', { prompt: 5 }, { prompt: 5, output: 3 }],
    ['too long a prompt', { prompt: 101, output: 5 }, { prompt: 10, output: 5 }],
    ['too much output', { prompt: 5, output: 51 }, { prompt: 5, output: 3 }],
    ['a negative number', { prompt: -1, output: 5 }, { prompt: 10, output: 5 }],
    ['a fraction', { prompt: 5, output: 1.5 }, { prompt: 5, output: 3 }],
    ['no number', { prompt: Number.NaN, output: 5 }, { prompt: 10, output: 5 }],
  ])('is replaced by our own count as far as it is %s, and is then not the source', (_, reported, usage) => {
    expect(measure(reported)).toEqual({ usage, source: 'counted', counted: 3, reported });
  });

  it('has no details that are more than the whole', () => {
    const { usage } = measure({ prompt: 5, output: 4, reasoning: 9, cached: 9 });
    expect(usage).toEqual({ prompt: 5, output: 4, reasoning: 4, cached: 5 });
  });
});

describe('our own count of an output', () => {
  const output = (produced: Partial<Produced>, nowMs = 0) => measure(undefined, produced, nowMs).usage.output;

  it('is nothing where nothing was produced', () => {
    expect(output(NOTHING, 9_000)).toBe(0);
  });

  it('is the number of pieces, or what their characters come to', () => {
    expect(output({ pieces: 3, characters: 4, firstAtMs: 0 }, 9_000)).toBe(3);
    expect(output({ pieces: 3, characters: 41, firstAtMs: 0 }, 9_000)).toBe(11);
  });

  it('is what the model makes in the time since its first piece, where some came in a lump', () => {
    expect(output({ pieces: 2, characters: 4, lumps: 1, firstAtMs: 1_000 }, 2_000)).toBe(30);
    expect(output({ pieces: 2, characters: 4, lumps: 1, firstAtMs: 1_000 }, 1_000)).toBe(2);
  });

  it('is never more than was held', () => {
    expect(output({ pieces: 51, characters: 51, firstAtMs: 0 })).toBe(50);
    expect(output({ pieces: 1, characters: 1, lumps: 1, firstAtMs: 0 }, 1e9)).toBe(50);
  });
});

const count = fc.nat(2_000);
const anyProduced = fc.record({
  pieces: count,
  characters: count,
  lumps: count,
  firstAtMs: fc.option(count, { nil: undefined }),
});
const anyReport = fc.option(
  fc.record(
    {
      prompt: fc.oneof(count, fc.double()),
      output: fc.oneof(count, fc.double()),
      reasoning: count,
      cached: count,
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);
const anyBounds = fc.record({
  promptEstimate: count,
  promptLimit: count,
  outputHeld: count,
  outputChars: fc.integer({ min: 1, max: 20_000 }),
  rate: fc.nat(1_000_000),
});

describe('whatever is reported and produced', () => {
  it('the usage is of whole numbers, its output is at most what was held, and its parts are parts', () => {
    fc.assert(
      fc.property(anyReport, anyProduced, anyBounds, count, (reported, produced, bounds, nowMs) => {
        const { usage, counted, source } = measuredUsage(reported, produced, bounds, nowMs);
        for (const tokens of [...Object.values(usage), counted]) {
          expect(Number.isSafeInteger(tokens) && tokens >= 0).toBe(true);
        }
        expect(Math.max(usage.output, counted)).toBeLessThanOrEqual(bounds.outputHeld);
        expect(usage.reasoning ?? 0).toBeLessThanOrEqual(usage.output);
        expect(usage.cached ?? 0).toBeLessThanOrEqual(usage.prompt);
        if (source === 'reported')
          expect(usage).toMatchObject({ prompt: reported?.prompt, output: reported?.output });
      }),
    );
  });

  it('our own count does not fall when more is produced, or time goes by', () => {
    fc.assert(
      fc.property(
        anyProduced,
        anyProduced,
        anyBounds,
        count,
        count,
        (produced, more, bounds, nowMs, laterMs) => {
          const grown = {
            pieces: produced.pieces + more.pieces,
            characters: produced.characters + more.characters,
            lumps: produced.lumps + more.lumps,
            firstAtMs: produced.firstAtMs ?? more.firstAtMs,
          };
          const before = measuredUsage(undefined, produced, bounds, nowMs).counted;
          const after = measuredUsage(undefined, grown, bounds, nowMs + laterMs).counted;
          expect(after).toBeGreaterThanOrEqual(before);
        },
      ),
    );
  });
});
