import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { anyCutOf } from '#shared/fixtures/streams.ts';
import { COMPLETION_CHUNK } from '../chunk-form.ts';
import { PassedStream } from '../pass-stream.ts';
import { PassedWhole } from '../pass-whole.ts';

const ZEROS = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
const chunk = (choices: object[], usage: object | null = null) =>
  `data: ${JSON.stringify({ id: 'x', object: 'text_completion', created: 5, model: 'm', choices, usage })}\n\n`;
const says = (text: string, finish: string | null = null, usage: object | null = null) =>
  chunk([{ text, index: 0, logprobs: null, finish_reason: finish }], usage);
const USAGE = chunk([], { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 });
const DONE = 'data: [DONE]\n\n';

function pass(chunks: Buffer[], { streamUsage = false, outputHeld = 100 } = {}) {
  const passage = new PassedStream(
    { streamUsage, choices: 1, form: COMPLETION_CHUNK },
    aMeasuring({ outputHeld }),
  );
  const out = chunks.map((bytes) => passage.read(bytes).toString()).join('') + passage.end().toString();
  return { passage, out };
}
const held = ({ ending }: PassedStream) => (ending?.kind === 'finished' ? ending.held.toString() : undefined);

describe('a stream of a completion that passes', () => {
  it('is passed on byte for byte and counted, its end held, in whatever cuts it comes', () => {
    const bytes = Buffer.from(says('你好') + says(' "world"') + says('', 'stop') + USAGE + DONE);
    fc.assert(
      fc.property(anyCutOf(bytes), (chunks) => {
        const { passage, out } = pass(chunks);
        expect(out).toBe(says('你好') + says(' "world"'));
        expect(held(passage)).toBe(says('', 'stop') + DONE);
        expect(passage.produced).toMatchObject({ pieces: 2, characters: 10, lumps: 0 });
        expect(passage.ending).toMatchObject({
          reason: 'stop',
          measured: { source: 'reported', usage: { prompt: 4, output: 2 } },
        });
      }),
    );
  });

  it('believes no zeros that stand in for a usage until it is known', () => {
    const told = says('Hi', null, ZEROS) + says('', 'stop', ZEROS);
    expect(pass([Buffer.from(told + USAGE + DONE)]).passage.ending).toMatchObject({
      measured: { source: 'reported', usage: { prompt: 4, output: 2 } },
    });
    const broken = pass([Buffer.from(told)]).passage;
    expect(broken.reported).toBeUndefined();
    expect(pass([Buffer.from(told + DONE)]).passage.ending).toMatchObject({
      measured: { source: 'counted', usage: { output: 1 } },
    });
  });

  it('is cut in its own form when more is made than was held', () => {
    const { passage, out } = pass([Buffer.from(says('a') + says('b') + says('c'))], {
      outputHeld: 2,
      streamUsage: true,
    });
    expect(out).toBe(says('a') + says('b'));
    const [finish, usage, done] = held(passage)!.split('\n\n');
    expect(JSON.parse(finish!.slice(6))).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: '', logprobs: null, finish_reason: 'length' }],
    });
    expect(JSON.parse(usage!.slice(6))).toMatchObject({ choices: [], usage: { completion_tokens: 2 } });
    expect(done).toBe('data: [DONE]');
  });

  it('that breaks off is a failure', () => {
    expect(pass([Buffer.from(says('a'))]).passage.ending).toMatchObject({ kind: 'failed' });
  });
});

it('a whole completion passes, and what it says is counted where its usage is not told', () => {
  const body = JSON.stringify({ choices: [{ text: '0123456789', index: 0, finish_reason: 'stop' }] });
  const passage = new PassedWhole(aMeasuring(), COMPLETION_CHUNK.contentOf);
  passage.read(Buffer.from(body));
  passage.end();
  expect(passage.produced).toMatchObject({ pieces: 1, characters: 10, lumps: 1 });
  expect(passage.ending).toMatchObject({ kind: 'finished', reason: 'stop', held: Buffer.from(body) });
});
