import { describe, expect, it } from 'vitest';
import { aMeasuring } from '../../fixtures/measuring.ts';
import { PassedStream } from './pass-stream.ts';

const DONE = 'data: [DONE]\n\n';
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: unknown, finish: unknown = null, index: unknown = 0) =>
  event({ choices: [{ index, delta, finish_reason: finish }] });
const usage = (prompt: number, rest: object = {}) =>
  event({
    choices: [],
    usage: { prompt_tokens: prompt, completion_tokens: 2, total_tokens: prompt + 2, ...rest },
  });
const role = chunk({ role: 'assistant', content: '' });
const hi = chunk({ content: 'Hi' });
const finish = chunk({}, 'stop');

function aPassage({ streamUsage = false, choices = 1 } = {}) {
  const passage = new PassedStream({ streamUsage, choices }, aMeasuring());
  const read = (...frames: string[]) => passage.read(Buffer.from(frames.join(''))).toString();
  const held = () => (passage.ending?.kind === 'finished' ? passage.ending.held.toString() : undefined);
  return { passage, read, held };
}

describe('what may still be tried elsewhere', () => {
  it.each([
    ['a role alone', role],
    ['a comment', ': keep-alive\n\n'],
    ['empty words and lists', chunk({ role: 'assistant', content: '', refusal: null, tool_calls: [] })],
    ['no delta', chunk(null)],
    ['no choices', event({ choices: null })],
    ["a filter's verdict on the prompt", event({ choices: [], prompt_filter_results: [] })],
  ])('is an answer that is so far %s: it waits for the first content', (_, frame) => {
    const { passage, read } = aPassage();
    expect(read(frame)).toBe('');
    expect(passage.begun).toBe(false);
    expect(read(hi)).toBe(frame + hi);
    expect(passage.begun).toBe(true);
  });

  it.each(['reasoning_content', 'reasoning', 'content', 'refusal', 'anything'])(
    'is over with content in %s',
    (key) => {
      const { passage, read } = aPassage();
      expect(read(chunk({ [key]: 'x' }))).not.toBe('');
      expect(passage.begun).toBe(true);
    },
  );
});

describe('from the finish on', () => {
  it('everything is held, also text that the finish chunk carries and text that comes after it', () => {
    const { read, held } = aPassage();
    const last = chunk({ content: 'last' }, 'stop');
    const rest = [last, hi, ': comment\n\n', finish, usage(1), DONE];
    expect(read(role, hi, ...rest)).toBe(role + hi);
    expect(held()).toBe([last, hi, ': comment\n\n', finish, DONE].join(''));
  });

  it('the reason is the last that was given, and an end needs none', () => {
    const { passage, read } = aPassage();
    read(hi, chunk({}, 'stop'), chunk({}, 'length'), DONE);
    expect(passage.ending).toMatchObject({ kind: 'finished', reason: 'length' });
    const other = aPassage();
    other.read(hi, DONE);
    expect(other.passage.ending).toMatchObject({ kind: 'finished', reason: 'stop' });
  });

  it('an answer without any content is held whole', () => {
    const { read, held } = aPassage();
    expect(read(role, finish, DONE)).toBe('');
    expect(held()).toBe(role + finish + DONE);
  });

  it('a second [DONE] and all after the first is not heard', () => {
    const { passage, read, held } = aPassage();
    expect(read(hi, finish, DONE, DONE, hi)).toBe(hi);
    expect(read(hi) + passage.end()).toBe('');
    expect(held()).toBe(finish + DONE);
  });
});

describe('of several choices', () => {
  const [first, second] = [chunk({ content: '1' }, null, 0), chunk({ content: '2' }, null, 1)];
  const [firstEnds, secondEnds] = [chunk({}, 'stop', 0), chunk({}, 'stop', 1)];

  it('the finish of the last is held, however they come', () => {
    const woven = aPassage({ choices: 2 });
    expect(woven.read(first, second, firstEnds, second, secondEnds, DONE)).toBe(
      first + second + firstEnds + second,
    );
    expect(woven.held()).toBe(secondEnds + DONE);
    const inTurn = aPassage({ choices: 2 });
    expect(inTurn.read(first, firstEnds)).toBe(first);
    expect(inTurn.read(second)).toBe(firstEnds + second);
    expect(inTurn.read(secondEnds, DONE)).toBe('');
    expect(inTurn.held()).toBe(secondEnds + DONE);
  });

  it('the only one that an upstream gives is held at its finish, though more were asked for', () => {
    const { read, held } = aPassage({ choices: 3 });
    expect(read(hi, finish, usage(1), DONE)).toBe(hi);
    expect(held()).toBe(finish + DONE);
  });

  it('one that finishes twice does not count for another', () => {
    const { read } = aPassage({ choices: 2 });
    expect(read(first, second, firstEnds, firstEnds, second)).toBe(
      first + second + firstEnds + firstEnds + second,
    );
  });

  it('one that nobody asked for stays behind the finish', () => {
    const { read } = aPassage({ choices: 1 });
    expect(read(first, firstEnds, second)).toBe(first);
  });
});
