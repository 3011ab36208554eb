import { describe, expect, it } from 'vitest';
import { aMeasuring } from '../../fixtures/measuring.ts';
import { PassedStream } from './pass-stream.ts';

const hi = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n';
const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const DONE = 'data: [DONE]\n\n';

function pass(...frames: string[]) {
  const passage = new PassedStream({ streamUsage: false, choices: 1 }, aMeasuring());
  const out = passage.read(Buffer.from(frames.join(''))).toString() + passage.end();
  return { out, ending: passage.ending };
}
const upstreamError = (message: string) => ({
  kind: 'failed',
  error: { failure: 'upstream_error', message },
});

describe('a stream that passes is a failure', () => {
  it.each([
    ['that is empty', '', 'The upstream ended its answer before it was complete.'],
    ['that ends without [DONE]', finish, 'The upstream ended its answer before it was complete.'],
    [
      'with an event that is no JSON',
      'data: : PROCESSING\n\n',
      'The upstream sent an event that is not JSON.',
    ],
    ['with an event that is no object', 'data: 5\n\n', 'The upstream sent an event that is not JSON.'],
    ['with an error', 'data: {"error":{"message":"CUDA at 10.0.0.1"}}\n\n', 'The model failed to answer.'],
    ['with an error that is a text', 'data: {"error":"boom"}\n\n', 'The model failed to answer.'],
    ['with an error that says nothing', 'data: {"error":{}}\n\n', 'The model failed to answer.'],
  ])('%s, after what came before it', (_, frames, message) => {
    const { out, ending } = pass(hi, frames);
    expect(out).toBe(hi);
    expect(ending).toMatchObject(upstreamError(message));
  });

  it('of the right kind when its error speaks of the context', () => {
    const { ending } = pass(
      'data: {"error":{"message":"maximum context length is 8","code":"context_length_exceeded"}}\n\n',
    );
    expect(ending).toMatchObject({ error: { failure: 'context_length_exceeded', param: 'messages' } });
  });

  it('that shows nothing of a finish that it had held', () => {
    const { out, ending } = pass(hi, finish, 'data: {"error":"late"}\n\n', DONE);
    expect(out).toBe(hi);
    expect(ending).toMatchObject({ kind: 'failed' });
  });

  it.each([
    ['event', Buffer.alloc(9_000_000, 'x')],
    ['comments before any content', Buffer.from(`: ${'x'.repeat(1_000_000)}\n\n`.repeat(9))],
    [
      'frames after the finish',
      Buffer.from(finish + hi.padEnd(1_000_000, ' ').replace('\n\n', '').concat('\n\n').repeat(9)),
    ],
  ])('when its %s would fill our memory', (_, bytes) => {
    const passage = new PassedStream({ streamUsage: false, choices: 1 }, aMeasuring());
    passage.read(bytes);
    expect(passage.ending).toMatchObject({ kind: 'failed', error: { failure: 'upstream_error' } });
  });
});

describe('a stream that passes is no failure', () => {
  it.each([
    ['an error that is null', 'data: {"error":null,"choices":[]}\n\n'],
    ['an error that is an empty text', 'data: {"error":"","choices":[]}\n\n'],
    ['JSON over several data lines', 'data: {"choices":\ndata: []}\n\n'],
    ['a data line without data', 'data:\n\n'],
    ['fields that are not ours', 'event: message\nid: 1\nfoo\n\n'],
    ['more blank lines than needed', '\n\n\n\n'],
    ['choices that are null', 'data: {"choices":null}\n\n'],
    ['a choice that is null', 'data: {"choices":[null]}\n\n'],
    ['a delta that is null', 'data: {"choices":[{"delta":null,"finish_reason":null}]}\n\n'],
  ])('for %s', (_, frame) => {
    const { out, ending } = pass(hi, frame, finish, DONE);
    expect(out).toBe(hi + frame);
    expect(ending).toMatchObject({ kind: 'finished' });
  });

  it('for blanks around [DONE]', () => {
    expect(pass(hi, finish, 'data:  [DONE] \n\n').ending).toMatchObject({ kind: 'finished' });
  });

  it('for a mark of byte order at its beginning', () => {
    const { out, ending } = pass('\ufeff', hi, hi, finish, DONE);
    expect(out).toBe(`\ufeff${hi}${hi}`);
    expect(ending).toMatchObject({ kind: 'finished' });
  });
});
