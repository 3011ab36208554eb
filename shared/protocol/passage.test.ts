import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { aMeasuring } from '../fixtures/measuring.ts';
import { anyCutOf } from '../fixtures/streams.ts';
import { ChatReader } from './ollama/chat-reader.ts';
import { ChatChunks } from './openai/chat-chunks.ts';
import { ChatCompletion } from './openai/chat-completion.ts';
import { TranslatedPassage } from './passage.ts';
import type { Piece } from './piece.ts';

const identity = { id: '1', createdAtSeconds: 0, model: 'm' };
const finish: Piece = { type: 'finish', reason: 'stop' };

/** Hands over the pieces of the next list at each chunk, the last list at the end. */
const aReader = (...lists: Piece[][]) => ({
  read: () => lists.shift() ?? [],
  end: () => lists.shift() ?? [],
});
const aPassage = (...lists: Piece[][]) =>
  new TranslatedPassage(aReader(...lists), new ChatChunks(identity, false), aMeasuring());
const chunk = Buffer.from('x');
const text = (value: string): Piece => ({ type: 'text', text: value });

const deltas = (sse: string) =>
  sse
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)).choices[0]?.delta ?? {});

/** Any answer of Ollama's, as its bytes. */
const said = fc.record({
  kind: fc.constantFrom('content', 'thinking'),
  text: fc.string({ unit: 'grapheme' }),
});
const answer = fc.array(said).chain((parts) => {
  const lines = parts.map((part) => ({ message: { content: '', [part.kind]: part.text }, done: false }));
  const bytes = [...lines, { message: {}, done: true, eval_count: parts.length }]
    .map((line) => JSON.stringify(line))
    .join('\n');
  return fc.tuple(fc.constant(parts), anyCutOf(Buffer.from(bytes)));
});

describe('an answer of Ollama, on its way to a caller of OpenAI', () => {
  it('keeps every word, in whatever chunks it comes, and no chunk has text beside thinking', () => {
    fc.assert(
      fc.property(answer, ([parts, chunks]) => {
        const passage = new TranslatedPassage(
          new ChatReader('1'),
          new ChatChunks(identity, false),
          aMeasuring(),
        );
        const out = chunks.map((bytes) => passage.read(bytes)).join('') + passage.end();
        const seen = deltas(out);
        const all = (kind: string) =>
          parts
            .filter((part) => part.kind === kind)
            .map((part) => part.text)
            .join('');
        expect(seen.map((delta) => delta.content ?? '').join('')).toBe(all('content'));
        expect(seen.map((delta) => delta.reasoning_content ?? '').join('')).toBe(all('thinking'));
        expect(seen.filter((delta) => 'content' in delta && 'reasoning_content' in delta)).toEqual([]);
        expect(passage.ending?.kind).toBe('finished');
      }),
    );
  });

  it('is the same text when it is gathered', () => {
    fc.assert(
      fc.property(answer, ([parts, chunks]) => {
        const passage = new TranslatedPassage(
          new ChatReader('1'),
          new ChatCompletion(identity),
          aMeasuring(),
        );
        for (const bytes of chunks) expect(passage.read(bytes)).toBe('');
        expect(passage.end()).toBe('');
        const held = passage.ending?.kind === 'finished' ? String(passage.ending.held) : '{}';
        const all = parts
          .filter((part) => part.kind === 'content')
          .map((part) => part.text)
          .join('');
        expect(JSON.parse(held).choices[0].message.content).toBe(all);
      }),
    );
  });
});

describe('a translated answer', () => {
  it('has begun with its first piece of content, not with its usage', () => {
    const passage = aPassage([{ type: 'usage', usage: { prompt: 1, output: 0 } }], [text('a')]);
    passage.read(chunk);
    expect(passage.begun).toBe(false);
    passage.read(chunk);
    expect(passage.begun).toBe(true);
  });

  it('lets nothing of its ending out before the ledger has settled', () => {
    const passage = aPassage([text('a'), { type: 'usage', usage: { prompt: 1, output: 2 } }, finish]);
    expect(passage.read(chunk)).not.toMatch(/"finish_reason":"|DONE/);
    expect(passage.ending).toMatchObject({
      kind: 'finished',
      measured: { usage: { prompt: 1, output: 2 }, source: 'reported' },
      reason: 'stop',
    });
    expect(passage.ending).toHaveProperty(
      'held',
      expect.stringMatching(/"finish_reason":"stop".*\[DONE\]\n\n$/s),
    );
  });

  it('tells the usage that is charged, whatever the upstream reported', () => {
    const usage: Piece = { type: 'usage', usage: { prompt: 9, output: 1_000 } };
    const writer = new ChatChunks(identity, true);
    const passage = new TranslatedPassage(
      aReader([text('a'), usage, finish]),
      writer,
      aMeasuring({ outputHeld: 5 }),
    );
    passage.read(chunk);
    expect(passage.reported).toEqual({ prompt: 9, output: 1_000 });
    expect(passage.ending).toMatchObject({ measured: { usage: { prompt: 9, output: 1 } } });
    expect(passage.ending).toHaveProperty('held', expect.stringContaining('"completion_tokens":1,'));
  });

  it('that is cut has finished by its length, with what was counted', () => {
    const passage = aPassage([text('a'), text('b')], [text('late'), finish]);
    passage.read(chunk);
    passage.cut();
    const held = expect.stringMatching(/"finish_reason":"length".*\[DONE\]\n\n$/s);
    expect(passage.ending).toMatchObject({ reason: 'length', held, measured: { usage: { output: 2 } } });
  });

  it('ends once: what comes after is not heard', () => {
    const passage = aPassage(
      [finish, text('late')],
      [text('later'), { type: 'failure', error: new GatewayError('upstream_error', '') }],
    );
    expect(passage.read(chunk) + passage.read(chunk) + passage.end()).toBe('');
    expect(passage.ending?.kind).toBe('finished');
  });

  it('lets what came before a failure out, and holds nothing', () => {
    const error = new GatewayError('upstream_error', 'x');
    const passage = aPassage([text('a'), { type: 'failure', error }]);
    expect(deltas(passage.read(chunk))).toEqual([{ role: 'assistant', content: 'a' }]);
    expect(passage.ending).toEqual({ kind: 'failed', error });
  });
});
