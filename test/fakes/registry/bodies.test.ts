import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aLargeBlob } from './a-large-blob.ts';
import { aTinyModel } from './a-model.ts';
import type { Content } from './content.ts';
import { planOf, spoilt } from './plan.ts';
import { stepsOf } from './steps.ts';

const MIB = 1024 * 1024;
const all = (content: Content, start = 0, end = content.size) =>
  Buffer.concat([...content.read({ start, end })]);

describe('a large blob', () => {
  it('is the same bytes in whatever parts', async () => {
    const blob = await aLargeBlob(3 * MIB + 17, 5);
    const whole = all(blob);
    expect(whole).toHaveLength(blob.size);
    const place = fc.nat({ max: blob.size });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        expect(all(blob, start, end).equals(whole.subarray(start, end))).toBe(true);
      }),
    );
  });

  it('has the digest of its bytes, the same for the same seed', async () => {
    const blob = await aLargeBlob(2 * MIB + 3, 1);
    expect(blob.digest).toBe(`sha256:${createHash('sha256').update(all(blob)).digest('hex')}`);
    // Written down, so that a kept file of one run is that of the next.
    expect(blob.digest).toBe('sha256:8a78b01178e2af372fecb91b659f76d426d8a79a88e4803a376e2ea293efe1d4');
    expect((await aLargeBlob(2 * MIB + 3, 2)).digest).not.toBe(blob.digest);
  });

  it('is nowhere like elsewhere', async () => {
    const blob = await aLargeBlob(4 * MIB);
    const units = [0, 1, 2, 3].map((at) => String(all(blob, at * MIB, at * MIB + 64).toString('hex')));
    expect(new Set(units).size).toBe(4);
  });

  it('can have terabytes', () => {
    const size = 2 ** 42;
    const content = aLargeBlob(0).then(({ read }) => [...read({ start: size - 10, end: size })]);
    return expect(content.then((chunks) => Buffer.concat(chunks).length)).resolves.toBe(10);
  });
});

it('a tiny model is the same in each run of its program', () => {
  const digests = ({ layers, config }: ReturnType<typeof aTinyModel>) =>
    [...layers.map(({ content }) => content), config].map(({ digest }) => digest);
  expect(digests(aTinyModel())).toEqual(digests(aTinyModel()));
  expect(digests(aTinyModel({ template: 'x' }))).not.toEqual(digests(aTinyModel()));
});

describe('a body', () => {
  const content = fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.array(fc.integer({ min: 1, max: 20 })));
  /** The bytes in these chunks, and the rest in one. */
  const inChunks = (bytes: Buffer, sizes: number[]): Content => ({
    size: bytes.length,
    digest: '',
    *read({ start, end }) {
      let at = start;
      for (const size of [...sizes, bytes.length]) {
        yield bytes.subarray(at, Math.min(at + size, end));
        at = Math.min(at + size, end);
      }
    },
  });
  const never = Promise.resolve();

  it('is what it shall be, however the blob is cut and the faults fall', () => {
    const faults = fc.record({
      length: fc.nat({ max: 90 }),
      wrongAt: fc.nat({ max: 60 }),
      stallAt: fc.nat({ max: 90 }),
      chunkBytes: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(content, faults, ([bytes, sizes], { length, wrongAt, stallAt, chunkBytes }) => {
        const whole = Buffer.from(bytes);
        const answer = { status: 200, headers: {}, content: inChunks(whole, sizes) };
        const plan = [
          length < whole.length
            ? ({ kind: 'short', afterBytes: length } as const)
            : ({ kind: 'long', extraBytes: length - whole.length } as const),
          { kind: 'wrong-byte', at: wrongAt } as const,
          { kind: 'stall', afterBytes: stallAt } as const,
          { kind: 'slow', chunkBytes } as const,
        ].reduce((plan, fault) => spoilt(plan, fault, never), planOf(answer));
        const expected = Buffer.alloc(length, ' ');
        whole.copy(expected);
        if (wrongAt < length) expected[wrongAt]! ^= 1;

        const steps = [...stepsOf(plan)];
        const sent = (upTo: number) =>
          Buffer.concat(steps.slice(0, upTo).flatMap((step) => (step.act === 'send' ? [step.bytes] : [])));
        expect(sent(steps.length)).toEqual(expected);
        const stall = steps.findIndex(({ act }) => act === 'stall');
        expect(sent(stall)).toHaveLength(Math.min(stallAt, length));
        expect(steps.every((step) => step.act !== 'send' || step.bytes.length <= chunkBytes)).toBe(true);
      }),
    );
  });
});
