import { beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../fakes/ollama/faults.ts';
import {
  aFaultyUpstream,
  brokenAfter,
  type Patience,
  refused,
  TINY_SAYS,
  wholeAnswer,
} from '../helpers/faulty-upstream.ts';
import type { Outcome } from '../helpers/outcome.ts';

let meet: Awaited<ReturnType<typeof aFaultyUpstream>>;

beforeAll(async () => {
  meet = await aFaultyUpstream('openai');
});

const failed = refused(502, 'upstream_error');
const busy = refused(503, 'server_overloaded');
const late = refused(504, 'upstream_timeout');
const brokenEarly = brokenAfter('Hello, 世', 'upstream_error');
const brokenAtTheEnd = brokenAfter(TINY_SAYS, 'upstream_error');
const three = { afterChunks: 3 };
const none = { afterChunks: 0 };

interface Row {
  fault: Fault;
  stream: Outcome;
  whole: Outcome;
  patience?: Patience;
}

const rows: [string, Row][] = [
  ['closes each connection', { fault: { kind: 'refuse' }, stream: failed, whole: failed }],
  ['answers with what is not HTTP', { fault: { kind: 'garbage-head' }, stream: failed, whole: failed }],
  ['answers with a web page', { fault: { kind: 'html' }, stream: failed, whole: failed }],
  ['has its queue full', { fault: { kind: 'queue-full' }, stream: busy, whole: busy }],
  ['fails with a 500', { fault: { kind: 'error-status', status: 500 }, stream: failed, whole: failed }],
  ['fails before the first token', { fault: { kind: 'error-line', ...none }, stream: failed, whole: failed }],
  ['fails in mid-stream', { fault: { kind: 'error-line', ...three }, stream: brokenEarly, whole: failed }],
  ['is cut in the first line', { fault: { kind: 'cut-mid-line', ...none }, stream: failed, whole: failed }],
  [
    'is cut in a later line',
    { fault: { kind: 'cut-mid-line', ...three }, stream: brokenEarly, whole: failed },
  ],
  ['is reset at once', { fault: { kind: 'reset', ...none }, stream: failed, whole: failed }],
  ['is reset in mid-stream', { fault: { kind: 'reset', ...three }, stream: brokenEarly, whole: failed }],
  [
    'ends without its terminal object',
    { fault: { kind: 'cut-without-terminal' }, stream: brokenAtTheEnd, whole: failed },
  ],
  ['never says that it is done', { fault: { kind: 'done-false' }, stream: brokenAtTheEnd, whole: failed }],
  ['begins with bad JSON', { fault: { kind: 'bad-json', ...none }, stream: failed, whole: failed }],
  ['goes on with bad JSON', { fault: { kind: 'bad-json', ...three }, stream: brokenEarly, whole: failed }],
  ['drips', { fault: { kind: 'drip', delayMs: 20 }, stream: wholeAnswer, whole: wholeAnswer }],
  ['sends single bytes', { fault: { kind: 'one-byte-chunks' }, stream: wholeAnswer, whole: wholeAnswer }],
  ['cuts inside characters', { fault: { kind: 'split-utf8' }, stream: wholeAnswer, whole: wholeAnswer }],
  [
    'hangs before its head',
    {
      fault: { kind: 'hang-before-head' },
      stream: late,
      whole: late,
      patience: 'impatient for the first piece',
    },
  ],
  [
    'hangs before the first token',
    {
      fault: { kind: 'hang-before-first-token' },
      stream: late,
      whole: late,
      patience: 'impatient for the first piece',
    },
  ],
];

describe('an OpenAI-compatible service that', () => {
  it.each(rows)('%s: the caller of a stream is told', async (_, { fault, stream, patience }) => {
    expect(await meet(fault, true, patience)).toEqual(stream);
  });

  it.each(rows)('%s: the caller who waits for a whole answer is told', async (_, row) => {
    expect(await meet(row.fault, false, row.patience)).toEqual(row.whole);
  });

  it('hangs in mid-stream: the caller of a stream is told', async () => {
    const fault = { kind: 'hang-mid-stream', ...three } as const;
    const told = await meet(fault, true, 'impatient in mid-stream');
    expect(told).toEqual(brokenAfter('Hello, 世', 'upstream_timeout'));
  });

  it('ends without its [DONE]: the caller of a stream is told', async () => {
    const told = await meet({ kind: 'cut-without-terminal', from: '[DONE]' }, true);
    expect(told).toEqual(brokenAtTheEnd);
  });
});
