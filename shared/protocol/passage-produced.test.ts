import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMeasuring } from '../fixtures/measuring.ts';
import { anyCutOf, recorded } from '../fixtures/streams.ts';
import { ChatReader } from './ollama/chat-reader.ts';
import { ChatChunks } from './openai/chat-chunks.ts';
import { ChatCompletion } from './openai/chat-completion.ts';
import { PassedStream } from './openai/pass-stream.ts';
import { type Measuring, type Passage, TranslatedPassage } from './passage.ts';
import type { Produced } from './produced.ts';

type Count = Pick<Produced, 'pieces' | 'characters' | 'lumps'>;
const identity = { id: '1', createdAtSeconds: 0, model: 'm' };

/** What a message of either protocol has, by nothing but its texts. */
function countOf(messages: Record<string, unknown>[]): Count {
  const count = { pieces: 0, characters: 0, lumps: 0 };
  for (const { content, thinking, reasoning, tool_calls } of messages) {
    for (const text of [content, thinking, reasoning]) if (text) add(String(text).length);
    for (const call of (tool_calls ?? []) as { function: { name: string; arguments: unknown } }[]) {
      const { name, arguments: args } = call.function;
      add(name.length + (typeof args === 'string' ? args : JSON.stringify(args)).length);
      count.lumps += 1;
    }
  }
  return count;

  function add(characters: number) {
    count.pieces += 1;
    count.characters += characters;
  }
}

const inLines = (bytes: Buffer) => countOf(whole(bytes, '\n').flatMap((line) => [JSON.parse(line).message]));
const inFrames = (bytes: Buffer) =>
  countOf(
    whole(bytes, '\n\n')
      .filter((frame) => frame.startsWith('data: {'))
      .flatMap((frame) =>
        JSON.parse(frame.slice(6)).choices.map((choice: { delta: object }) => choice.delta),
      ),
  );
/** The parts that are complete; of one that is not, nothing can be read. */
const whole = (bytes: Buffer, end: string) => bytes.toString('latin1').split(end).slice(0, -1).map(utf8);
const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');

const chunks = (measuring: Measuring) =>
  new TranslatedPassage(new ChatReader('1'), new ChatChunks(identity, true), measuring);
const gathered = (measuring: Measuring) =>
  new TranslatedPassage(new ChatReader('1'), new ChatCompletion(identity), measuring);
const passed = (measuring: Measuring) => new PassedStream({ streamUsage: true, choices: 1 }, measuring);
const passedOfTwo = (measuring: Measuring) => new PassedStream({ streamUsage: true, choices: 2 }, measuring);

const KINDS = ['text', 'thinking', 'tool-calls'];
const WAYS: [string, string, (measuring: Measuring) => Passage, (bytes: Buffer) => Count][] = KINDS.flatMap(
  (kind): typeof WAYS => [
    [`ollama-${kind}.ndjson`, 'as chunks', chunks, inLines],
    [`ollama-${kind}.ndjson`, 'gathered', gathered, inLines],
    [`openai-${kind}.sse`, 'as it comes', passed, inFrames],
    [`openai-${kind}.sse`, 'as one of two choices', passedOfTwo, inFrames],
  ],
);

describe.each(WAYS)('of the answer %s, passed on %s', (name, _way, passage, count) => {
  const bytes = recorded(name);
  const anyPart = fc
    .nat(bytes.length)
    .chain((end) => anyCutOf(bytes.subarray(0, end)).map((parts) => ({ end, parts })));

  it('all that has come is counted, however it came and wherever it stops', () => {
    fc.assert(
      fc.property(anyPart, ({ end, parts }) => {
        const under = passage(aMeasuring());
        for (const part of parts) under.read(part);
        const expected = count(bytes.subarray(0, end));
        expect(under.produced).toMatchObject(expected);
        expect(under.begun).toBe(expected.pieces > 0);
      }),
    );
  });

  it('what has come is charged when the caller hangs up, and nothing that was not yet made', () => {
    fc.assert(
      fc.property(anyPart, ({ parts }) => {
        const measuring = aMeasuring({ outputChars: 1_000_000 });
        const under = passage(measuring);
        for (const part of parts) under.read(part);
        const { usage } = measuring.measure(under.reported, under.produced);
        if (!under.reported) expect(usage.output).toBe(under.produced.pieces);
        else expect(usage).toMatchObject(under.reported);
      }),
    );
  });

  it('nothing is counted, told or ended again after it was cut', () => {
    fc.assert(
      fc.property(anyPart, ({ end, parts }) => {
        const under = passage(aMeasuring());
        for (const part of parts) under.read(part);
        under.cut();
        const { ending } = under;
        const produced = { ...under.produced };
        expect(ending).toMatchObject({ kind: 'finished' });
        under.cut();
        expect(`${under.read(bytes.subarray(end))}${under.read(bytes)}${under.end()}`).toBe('');
        expect(under.ending).toBe(ending);
        expect(under.produced).toMatchObject(produced);
      }),
    );
  });

  it('no more pieces pass than were held, and then it ends by its length', () => {
    fc.assert(
      fc.property(anyCutOf(bytes), fc.nat(count(bytes).pieces), (parts, outputHeld) => {
        const unbounded = passage(aMeasuring());
        unbounded.read(bytes);
        const all = unbounded.produced.pieces;
        const under = passage(aMeasuring({ outputHeld }));
        for (const part of parts) under.read(part);
        const cut = all > outputHeld;
        if (!cut) return;
        expect(under.ending).toMatchObject({ kind: 'finished', isCut: true });
        expect(under.produced.pieces).toBeLessThanOrEqual(outputHeld + 1);
      }),
    );
  });

  it('the time is taken once, with the first piece', () => {
    let nowMs = 5;
    const under = passage({ ...aMeasuring(), now: () => nowMs++ });
    expect(under.produced.firstAtMs).toBeUndefined();
    under.read(bytes);
    expect(under.produced.firstAtMs).toBe(5);
  });
});
