import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Answer, streamed, whole } from '../../../test/helpers/message-answer.ts';
import { accumulated, expectGrammatical, messageEvents } from '../../../test/helpers/message-stream.ts';
import type { ContentPiece } from '../piece.ts';

const anyPiece: fc.Arbitrary<ContentPiece> = fc.oneof(
  fc.record({ type: fc.constantFrom('text', 'thinking'), text: fc.string({ unit: 'binary' }) }),
  fc.record({
    type: fc.constant('tool-call' as const),
    index: fc.nat(9),
    id: fc.string({ unit: 'binary', minLength: 1 }),
    name: fc.string({ unit: 'binary', minLength: 1 }),
    // The SDK's own reader loses a key of this name.
    arguments: fc
      .dictionary(fc.string(), fc.jsonValue())
      .map((input) => JSON.stringify(input))
      .filter((json) => !json.includes('__proto__')),
  }),
);

const anyAnswer: fc.Arbitrary<Answer> = fc.record({
  pieces: fc.array(anyPiece, { size: 'medium' }),
  reason: fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter'),
  usage: fc.record({ prompt: fc.nat(), output: fc.nat() }).chain(({ prompt, output }) =>
    fc.record(
      {
        prompt: fc.constant(prompt),
        output: fc.constant(output),
        cached: fc.nat(prompt),
        reasoning: fc.nat(output),
      },
      { requiredKeys: ['prompt', 'output'] },
    ),
  ),
  omitThinking: fc.boolean(),
});

it('any pieces make a stream by the grammar, of which the SDK makes the same message that a whole answer is', async () => {
  await fc.assert(
    fc.asyncProperty(anyAnswer, async (answer) => {
      const sse = streamed(answer);
      expectGrammatical(messageEvents(sse));
      expect(await accumulated(sse)).toEqual(whole(answer));
    }),
  );
});
