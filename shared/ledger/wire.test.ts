import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Closing } from './closing.ts';
import type { Admission } from './verdict.ts';
import { admissionEntry, closingEntry, renewalEntry, statementOf, uuidOf } from './wire.ts';

const requestId = `req_${'0199'.repeat(8)}`;
const prompt = { bytes: 6, latin: 6, cjk: 0, other: 0, messages: 1, tools: 0, images: 0 };
const admission: Admission = {
  requestId,
  keyId: 1,
  consumerId: 2,
  rootId: 3,
  address: '203.0.113.9',
  model: 'tiny',
  prompt,
  outputCap: undefined,
  choices: 1,
  prompts: 1,
  endUser: undefined,
  tag: undefined,
};
const closing: Closing = {
  requestId,
  keyId: 1,
  consumerId: 2,
  rootId: 3,
  model: 'tiny',
  outcome: 'settled',
  prompt: 10,
  output: 20,
  source: 'reported',
  promptReported: 10,
  outputReported: 20,
  outputCounted: 19,
  upstream: 'one',
  attempts: [{ upstream: 'one', because: 'turn' }],
  reason: 'stop',
  firstTokenMs: 12.4,
  totalMs: 34.6,
};
const admitted = (change: Partial<Admission>) => admissionEntry({ ...admission, ...change }, 'router');
const closed = (change: Partial<Closing>) => closingEntry({ ...closing, ...change });

const anyText = fc.array(fc.nat(0xffff), { maxLength: 300 }).map((units) => String.fromCharCode(...units));
const isFit = (text: string) => text.isWellFormed() && !text.includes('\0') && text.length <= 200;

describe('an entry of a batch', () => {
  it('has what the ledger wants to know, null for what is not known', () => {
    expect(admitted({})).toEqual({
      id: '0199'.repeat(8),
      router: 'router',
      key: 1,
      address: '203.0.113.9',
      model: 'tiny',
      ...prompt,
      output: null,
      choices: 1,
      prompts: 1,
      endUser: null,
      tag: null,
    });
    expect(closed({ firstTokenMs: undefined, upstream: undefined })).toMatchObject({
      id: '0199'.repeat(8),
      firstTokenMs: null,
      totalMs: 35,
      upstream: null,
      attempts: [{ upstream: 'one', because: 'turn' }],
    });
    expect(admitted({})).not.toHaveProperty('force');
    expect(closed({})).not.toHaveProperty('echo');
  });

  it.each([
    [-1, 0],
    [0.5, 1],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER],
    [1e300, Number.MAX_SAFE_INTEGER],
    [-0.2, 0],
  ])('has whole numbers that the database can hold: %d becomes %d', (given, count) => {
    const int4 = Math.min(count, 2_147_483_647);
    const size = { ...prompt, bytes: given, latin: given };
    expect(admitted({ prompt: size })).toMatchObject({ bytes: count, latin: int4 });
    expect(admitted({ outputCap: given }).output).toBe(int4);
    expect(closed({ prompt: given, outputReported: given, totalMs: given })).toMatchObject({
      prompt: count,
      outputReported: count,
      totalMs: int4,
    });
  });

  it.each([
    [0, 1],
    [-5, 1],
    [129, 128],
    [Number.NaN, 1],
  ])('has from 1 to 128 choices: %d becomes %d', (given, choices) => {
    expect(admitted({ choices: given }).choices).toBe(choices);
  });

  it.each(['', 'localhost', '203.0.113.9/8', '203.0.113.9:80', "1.2.3.4'"])(
    'has no address that is none: "%s"',
    (address) => {
      expect(admitted({ address }).address).toBeNull();
    },
  );

  it('has at most ten attempts', () => {
    const attempts = Array.from({ length: 30 }, () => ({
      ...{ upstream: 'one', because: 'turn', failure: 'upstream_error' },
    }));
    expect(closed({ attempts }).attempts).toHaveLength(10);
  });

  it('has no text that jsonb refuses, and none that is too long', () => {
    const cut = fc.constant(`${'x'.repeat(199)}😀`); // a pair on the border
    fc.assert(
      fc.property(fc.oneof(anyText, cut, fc.constant('\0\ud800\udc00\udfff')), (text) => {
        const { model, endUser, tag } = admitted({ model: text, endUser: text, tag: text });
        const attempt = { upstream: text, because: text, failure: text };
        const { reason, upstream, attempts } = closed({ reason: text, upstream: text, attempts: [attempt] });
        const written = [model, endUser, tag, reason, upstream, ...Object.values(attempts[0]!)];
        expect(written.filter((each) => !isFit(each!))).toEqual([]);
      }),
    );
  });

  it('tells a renewal what its router knows', () => {
    const known = { started: true, upstream: undefined, firstToken: false, intervalMs: 1000, rootId: 3 };
    expect(renewalEntry({ ...known, requestId, progress: -1 })).toEqual({
      id: uuidOf(requestId),
      started: true,
      upstream: null,
      progress: 0,
      firstToken: false,
      intervalMs: 1000,
    });
  });
});

describe('the statement of a batch', () => {
  it('is one call of a function with one literal, which nothing inside it can end', () => {
    const texts = fc.array(fc.oneof(anyText, fc.constant("'); drop table holds; --")), { maxLength: 5 });
    fc.assert(
      fc.property(texts, (tags) => {
        const entries = tags.map((tag) => ({ tag }));
        const statement = statementOf('admit_v1', entries);
        const [, literal] = /^select admit_v1\('([^']*)'\) as result$/.exec(statement)!;
        expect(JSON.parse(literal!)).toEqual(entries);
      }),
    );
  });
});
