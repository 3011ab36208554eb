import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { anyCutOf } from '#shared/fixtures/streams.ts';
import { PassedEmbeddings } from './passed-embeddings.ts';

const BODY = Buffer.from(
  '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,0.2]}],"x":"你","usage":{"prompt_tokens":4,"total_tokens":4}}',
);

function pass(chunks: Buffer[], limitBytes?: number, texts = 1) {
  const passage = new PassedEmbeddings(aMeasuring({ outputHeld: 0 }), texts, limitBytes);
  const out = chunks.map((chunk) => passage.read(chunk)).join('') + passage.end();
  expect(out).toBe('');
  return passage;
}

describe('vectors that pass', () => {
  it('are held until they are complete, byte for byte, with the usage that is reported', () => {
    fc.assert(
      fc.property(anyCutOf(BODY), (chunks) => {
        const { ending, begun } = pass(chunks);
        expect(begun).toBe(true);
        expect(ending).toMatchObject({
          kind: 'finished',
          held: BODY,
          reason: 'stop',
          measured: { source: 'reported', usage: { prompt: 4, output: 0 }, counted: 0 },
        });
      }),
    );
  });

  it('are of the size that was estimated where nothing is reported', () => {
    expect(pass([Buffer.from('{"data":[]}')]).ending).toMatchObject({
      measured: { source: 'counted', usage: { prompt: 7, output: 0 } },
    });
  });

  it.each([
    ['{"data":[{"embedding":[0.1'],
    ['<html>'],
    [''],
    ['null'],
    ['{"data":5}'],
    ['{"error":{"message":"no"}}'],
  ])('are a failure when they are %j, and cost nothing', (body) => {
    const { ending, begun } = pass([Buffer.from(body)]);
    expect(ending).toMatchObject({ kind: 'failed', error: { failure: 'upstream_error' } });
    expect(begun).toBe(false);
  });

  it('are a failure when they are too long', () => {
    expect(pass([BODY], BODY.length).ending).toMatchObject({ kind: 'finished' });
    const failureOf = (texts: number) => pass([BODY], BODY.length - 1, texts).ending;
    expect(failureOf(1)).toMatchObject({ kind: 'failed', error: { failure: 'upstream_error' } });
    expect(failureOf(2)).toMatchObject({
      kind: 'failed',
      error: { failure: 'invalid_request', param: 'input' },
    });
  });
});
