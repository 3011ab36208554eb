import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentPiece, FinishReason } from '../../piece.ts';
import { CompletionChunks } from './completion-chunks.ts';
import { WholeCompletion } from './whole-completion.ts';

const identity = { id: 'ab12', createdAtSeconds: 1_700_000_000, model: '模型/"m":8b' };
const usage = { prompt: 3, output: 2 };
const SHARED = { id: 'cmpl-ab12', object: 'text_completion', created: 1_700_000_000, model: identity.model };

const anyPieces: fc.Arbitrary<ContentPiece[]> = fc.array(
  fc.record({ type: fc.constantFrom('text', 'thinking'), text: fc.string({ unit: 'binary' }) }),
);
const anyReason = fc.constantFrom<FinishReason>('stop', 'length', 'tool-calls', 'content-filter');

function streamed(pieces: ContentPiece[], reason: FinishReason, streamUsage: boolean) {
  const writer = new CompletionChunks(identity, streamUsage);
  const sse = pieces.map((piece) => writer.piece(piece)).join('') + writer.ending(reason, usage);
  const events = sse.split('\n\n');
  expect(events.splice(-2)).toEqual(['data: [DONE]', '']);
  return events.map((event) => JSON.parse(event.slice('data: '.length)));
}

function whole(pieces: ContentPiece[], reason: FinishReason) {
  const writer = new WholeCompletion(identity);
  expect(pieces.map((piece) => writer.piece(piece)).join('')).toBe('');
  return JSON.parse(writer.ending(reason, usage));
}

describe('a completion', () => {
  it('is the same streamed and whole, whatever the model says', () => {
    fc.assert(
      fc.property(anyPieces, anyReason, fc.boolean(), (pieces, reason, streamUsage) => {
        const chunks = streamed(pieces, reason, streamUsage);
        const body = whole(pieces, reason);
        const told = streamUsage ? chunks.pop() : undefined;
        if (told) expect(told).toEqual({ ...SHARED, choices: [], usage: body.usage });
        const choices = chunks.map(({ choices: [choice], ...rest }) => {
          expect(rest).toEqual({ ...SHARED, ...(streamUsage && { usage: null }) });
          return choice;
        });
        const joined = (key: string) => choices.map((choice) => choice[key] ?? '').join('');
        expect(body.choices[0].text).toBe(joined('text'));
        expect(body.choices[0].reasoning ?? '').toBe(joined('reasoning'));
        expect(choices.map((choice) => choice.finish_reason)).toEqual([
          ...pieces.map(() => null),
          body.choices[0].finish_reason,
        ]);
      }),
    );
  });

  it('has every key that its schema requires', () => {
    expect(whole([{ type: 'text', text: 'Hi' }], 'length')).toEqual({
      ...SHARED,
      choices: [{ text: 'Hi', index: 0, logprobs: null, finish_reason: 'length' }],
      usage: expect.objectContaining({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }),
    });
  });

  it('knows no tools: it has stopped', () => {
    expect(whole([], 'tool-calls').choices[0].finish_reason).toBe('stop');
  });
});
