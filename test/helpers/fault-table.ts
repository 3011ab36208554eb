import type { Fault } from '../fakes/ollama/faults.ts';
import { brokenAfter, type Patience, refused, TINY_SAYS, wholeAnswer } from './faulty-upstream.ts';
import type { Outcome } from './outcome.ts';

const failed = refused(502, 'upstream_error');
const busy = refused(503, 'server_overloaded');
export const late = refused(504, 'upstream_timeout');
const brokenEarly = brokenAfter('Hello, 世', 'upstream_error');
export const brokenAtTheEnd = brokenAfter(TINY_SAYS, 'upstream_error');
export const three = { afterChunks: 3 };
const none = { afterChunks: 0 };

interface Row {
  fault: Fault;
  stream: Outcome;
  whole: Outcome;
  patience?: Patience;
}

/** What an upstream may do, and what its caller is told of it: for each backend the same. */
export const faults: [string, Row][] = [
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
