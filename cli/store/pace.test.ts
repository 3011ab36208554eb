import { describe, expect, it } from 'vitest';
import { Pace } from './pace.ts';

function paceOf(...samples: [bytes: number, atMs: number][]): Pace {
  const pace = new Pace();
  for (const [bytes, atMs] of samples) pace.note(bytes, atMs);
  return pace;
}

describe('the pace of a pull', () => {
  it('cannot be told from one moment', () => {
    for (const pace of [paceOf(), paceOf([5, 0]), paceOf([5, 0], [6, 0])]) {
      expect(pace.bytesPerSecond).toBeUndefined();
      expect(pace.secondsLeft(10)).toBeUndefined();
    }
  });

  it('is that of the last ten seconds', () => {
    const pace = paceOf([0, 0], [1_000_000, 10_000], [1_000_100, 20_000]);
    expect(pace.bytesPerSecond).toBe(10);
    expect(pace.secondsLeft(1_000_200)).toBe(10);
  });

  it('says no time while nothing comes, and none is left at the end', () => {
    expect(paceOf([5, 0], [5, 1000]).secondsLeft(10)).toBeUndefined();
    expect(paceOf([5, 0], [10, 1000]).secondsLeft(10)).toBe(0);
  });

  it('begins anew where bytes have to come again', () => {
    const pace = paceOf([900, 0], [1000, 1000], [0, 2000]);
    expect(pace.bytesPerSecond).toBeUndefined();
    pace.note(50, 3000);
    expect(pace.bytesPerSecond).toBe(50);
  });
});
