import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMeasuring } from '../../fixtures/measuring.ts';
import { anyCutOf } from '../../fixtures/streams.ts';
import { PassedWhole } from './pass-whole.ts';

const COMPLETION = JSON.stringify(
  {
    id: 'x',
    choices: [{ message: { content: '你好 🌍' }, finish_reason: 'length' }],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  },
  null,
  1,
);

function pass(...chunks: (Buffer | string)[]) {
  const passage = new PassedWhole(aMeasuring());
  const outs = chunks.map((chunk) => passage.read(Buffer.from(chunk)));
  return { out: outs.join('') + passage.end(), ending: passage.ending };
}

describe('a whole answer that passes', () => {
  it('is held byte for byte until its end, with what the ledger needs', () => {
    fc.assert(
      fc.property(anyCutOf(Buffer.from(COMPLETION)), (chunks) => {
        const held = Buffer.from(COMPLETION);
        expect(pass(...chunks)).toEqual({
          out: '',
          ending: { kind: 'finished', held, measured: expect.anything(), reason: 'length', isCut: false },
        });
      }),
    );
  });

  it('is one lump for each choice that says something, with what it reports', () => {
    const passage = new PassedWhole(aMeasuring());
    const [choice] = JSON.parse(COMPLETION).choices;
    passage.read(
      Buffer.from(JSON.stringify({ choices: [choice, choice, null, { message: { content: '' } }] })),
    );
    expect(passage.produced).toMatchObject({ pieces: 0, characters: 0 });
    passage.cut();
    expect(passage.produced).toMatchObject({ pieces: 2, lumps: 2, characters: 10 });
    expect(pass(COMPLETION).ending).toMatchObject({
      measured: { source: 'reported', usage: { prompt: 1, output: 2 } },
    });
  });

  it('may bring no usage and no reason', () => {
    expect(pass('{"choices":[{}]}').ending).toMatchObject({
      kind: 'finished',
      measured: { source: 'counted', usage: { prompt: 7, output: 0 } },
      reason: 'stop',
    });
  });

  it.each([
    ['nothing', ''],
    ['HTML', '<html>'],
    ['half of it', COMPLETION.slice(0, -3)],
    ['no choices', '{"object":"list"}'],
    ['choices that are null', '{"choices":null}'],
    ['choices that are no list', '{"choices":{"length":1}}'],
    ['an empty list of choices', '{"choices":[]}'],
    ['a choice that is null', '{"choices":[null]}'],
    ['null', 'null'],
  ])('is a failure when it is %s', (_, body) => {
    expect(pass(body).ending).toMatchObject({
      kind: 'failed',
      error: {
        failure: 'upstream_error',
        message: 'The upstream sent an answer that is not a chat completion.',
      },
    });
  });

  it('is a failure when it says that it has not finished', () => {
    expect(pass('{"choices":[{"message":{"content":"Hi"},"finish_reason":null}]}').ending).toMatchObject({
      kind: 'failed',
      error: { message: 'The upstream ended its answer before it was complete.' },
    });
  });

  it('is the failure that it tells of, in spite of its status', () => {
    const body =
      '{"choices":[],"error":{"message":"The context length is 8","code":"context_length_exceeded"}}';
    expect(pass(body).ending).toMatchObject({ error: { failure: 'context_length_exceeded' } });
  });

  it('is a failure when it would fill our memory', () => {
    const passage = new PassedWhole(aMeasuring());
    for (let megabytes = 0; megabytes < 65; megabytes += 1) passage.read(Buffer.alloc(1024 * 1024));
    expect(passage.ending).toMatchObject({ kind: 'failed' });
  });
});
