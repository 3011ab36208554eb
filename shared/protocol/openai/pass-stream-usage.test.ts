import { describe, expect, it } from 'vitest';
import { aMeasuring } from '../../fixtures/measuring.ts';
import { PassedStream } from './pass-stream.ts';

const DONE = 'data: [DONE]\n\n';
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: unknown, finish: unknown = null) =>
  event({ choices: [{ index: 0, delta, finish_reason: finish }] });
const usage = (prompt: number) =>
  event({
    choices: [],
    usage: { prompt_tokens: prompt, completion_tokens: 2, total_tokens: prompt + 2 },
  });
const hi = chunk({ content: 'Hi' });
const finish = chunk({}, 'stop');

function aPassage({ streamUsage = false } = {}) {
  const passage = new PassedStream({ streamUsage, choices: 1 }, aMeasuring());
  const read = (...frames: string[]) => passage.read(Buffer.from(frames.join(''))).toString();
  const held = () => (passage.ending?.kind === 'finished' ? passage.ending.held.toString() : undefined);
  return { passage, read, held };
}

describe('usage', () => {
  it('is read and dropped when the caller did not ask for it, once or twice', () => {
    const { passage, read, held } = aPassage();
    read(hi, finish, usage(1), usage(5), DONE);
    expect(held()).toBe(finish + DONE);
    expect(passage.ending).toMatchObject({ measured: { usage: { prompt: 5, output: 2 } } });
  });

  it('is kept when the caller asked for it', () => {
    const { read, held } = aPassage({ streamUsage: true });
    read(hi, finish, usage(5), DONE);
    expect(held()).toBe(finish + usage(5) + DONE);
  });

  it('in a chunk with choices is read, and the chunk stays as it is', () => {
    const both = event({
      choices: [{ index: 0, delta: { content: 'Hi' } }],
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    });
    const { passage, read } = aPassage();
    expect(read(both)).toBe(both);
    read(finish, DONE);
    expect(passage.ending).toMatchObject({ measured: { usage: { prompt: 1, output: 1 } } });
  });

  it('beside choices that are null is dropped like any other', () => {
    const { read, held } = aPassage();
    read(hi, finish, event({ choices: null, usage: { prompt_tokens: 1, completion_tokens: 1 } }), DONE);
    expect(held()).toBe(finish + DONE);
  });

  it('before the finish is a running total or a zero, which is not what was used', () => {
    const running = event({
      choices: [{ index: 0, delta: { content: 'Hi' } }],
      usage: { prompt_tokens: 0, completion_tokens: 0 },
    });
    const { passage, read } = aPassage();
    read(hi, running);
    expect(passage.reported).toBeUndefined();
    read(finish, usage(5));
    expect(passage.reported).toEqual({ prompt: 5, output: 2 });
  });

  it('that is null stays, and is none', () => {
    const { passage, read } = aPassage();
    const quiet = event({ choices: [{ index: 0, delta: { content: 'Hi' } }], usage: null });
    expect(read(quiet)).toBe(quiet);
    read(finish, DONE);
    expect(passage.ending).toMatchObject({ measured: { source: 'counted', reported: undefined } });
  });
});
