import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMeasuring } from '../../fixtures/measuring.ts';
import { anyCutOf, recorded } from '../../fixtures/streams.ts';
import { PassedStream } from './pass-stream.ts';

const SHARED = { id: 'x', object: 'chat.completion.chunk', created: 5, model: 'theirs' };
const event = (value: object) => `data: ${JSON.stringify({ ...SHARED, ...value })}\n\n`;
const chunk = (index: number, delta: object, finish: string | null = null) =>
  event({ choices: [{ index, delta, finish_reason: finish }] });
const usage = event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } });

/** What goes out of a stream of these frames that is then cut. */
function cut(frames: (string | Buffer)[], { streamUsage = true, choices = 1 } = {}) {
  const passage = new PassedStream({ streamUsage, choices }, aMeasuring());
  const out = frames.map((frame) => passage.read(Buffer.from(frame)).toString()).join('');
  passage.cut();
  const { ending } = passage;
  if (ending?.kind !== 'finished') throw new Error('It has not finished.');
  return { out, held: ending.held.toString(), ending };
}
const eventsOf = (sse: string) =>
  sse
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice(6)));

describe('a stream that is cut', () => {
  it('ends by its length, in the name of the upstream, with the usage that is charged', () => {
    const { out, held, ending } = cut([chunk(0, { content: 'a' }), chunk(0, { content: 'b' })]);
    expect(out).toBe(chunk(0, { content: 'a' }) + chunk(0, { content: 'b' }));
    expect(eventsOf(held)).toEqual([
      {
        ...SHARED,
        choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }],
        usage: null,
      },
      { ...SHARED, choices: [], usage: expect.objectContaining({ prompt_tokens: 7, completion_tokens: 2 }) },
    ]);
    expect(held).toMatch(/\n\ndata: \[DONE\]\n\n$/);
    expect(ending).toMatchObject({ reason: 'length', measured: { source: 'counted', usage: { output: 2 } } });
  });

  it('says nothing of its usage to a caller that did not ask', () => {
    const { held } = cut([chunk(0, { content: 'a' })], { streamUsage: false });
    expect(held).not.toContain('usage');
  });

  it('ends each choice that has begun and not ended, and no other', () => {
    const frames = [chunk(0, { content: 'a' }), chunk(1, { content: 'b' }), chunk(0, {}, 'stop')];
    const { out, held } = cut([...frames, chunk(2, { content: 'c' })], { choices: 4 });
    expect(out).toBe(frames.join('') + chunk(2, { content: 'c' }));
    const ended = eventsOf(held).flatMap(({ choices }) => choices);
    expect(ended).toMatchObject([
      { index: 1, finish_reason: 'length' },
      { index: 2, finish_reason: 'length' },
    ]);
  });

  it('that had finished ends as it did, with its last words and the usage told once', () => {
    const last = chunk(0, { content: 'z' }, 'stop');
    const { held, ending } = cut([chunk(0, { content: 'a' }), last, usage]);
    expect(held.startsWith(last)).toBe(true);
    expect(eventsOf(held)).toHaveLength(2);
    expect(ending).toMatchObject({ reason: 'stop', measured: { usage: { prompt: 1, output: 2 } } });
  });

  it('before anything came is an empty answer', () => {
    const { held } = cut([': hi\n\n']);
    expect(held).toMatch(/^: hi\n\ndata: .*"finish_reason":"length"/s);
  });

  it.each(['openai-text.sse', 'openai-thinking.sse', 'openai-tool-calls.sse'])(
    'such as %s has one finish and one end, wherever it is cut',
    (name) => {
      const bytes = recorded(name);
      const beforeEnd = fc.nat(bytes.indexOf('[DONE]')).chain((end) => anyCutOf(bytes.subarray(0, end)));
      fc.assert(
        fc.property(beforeEnd, (parts) => {
          const { out, held } = cut(parts);
          const events = eventsOf(out + held);
          const finishes = events.flatMap(({ choices }) => choices).filter((choice) => choice.finish_reason);
          expect(finishes).toHaveLength(1);
          expect(events.filter((told) => told.usage)).toHaveLength(1);
          expect(out + held).toMatch(/^(data: \{.*\}\n\n)+data: \[DONE\]\n\n$/);
        }),
      );
    },
  );
});
