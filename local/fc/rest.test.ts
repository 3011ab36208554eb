import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rest } from './rest.ts';
import { type Settings, withDefaults } from './settings.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A rest that tells what it does. */
function aRest(settings: Partial<Settings>) {
  const told: string[] = [];
  const rest = new Rest(
    withDefaults(settings),
    (signal) => told.push(signal),
    () => told.push('idle'),
  );
  return { rest, told };
}

describe('an instance at rest', () => {
  it.each([0, 1, 50])('is frozen after %d ms, once, and thawed when it is wanted', (freezeAfterMs) => {
    const { rest, told } = aRest({ freezeAfterMs });
    rest.begin();
    if (freezeAfterMs > 0) vi.advanceTimersByTime(freezeAfterMs - 1);
    expect(told).toEqual(freezeAfterMs > 0 ? [] : ['SIGSTOP']);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual(['SIGSTOP']);
    rest.end();
    rest.end();
    expect(told).toEqual(['SIGSTOP', 'SIGCONT']);
    expect(rest).toMatchObject({ isFrozen: false, freezes: 1 });
  });

  it('is not frozen when it is wanted again before', () => {
    const { rest, told } = aRest({ freezeAfterMs: 50 });
    for (let round = 0; round < 5; round += 1) {
      rest.begin();
      vi.advanceTimersByTime(49);
      rest.end();
    }
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([]);
  });

  it('is idle when it has rested long enough, frozen though it is, and not before', () => {
    const { rest, told } = aRest({ idleMs: 60_000 });
    for (let round = 0; round < 3; round += 1) {
      rest.begin();
      vi.advanceTimersByTime(59_999);
      rest.end();
    }
    expect(told).not.toContain('idle');
    rest.begin();
    vi.advanceTimersByTime(60_000);
    expect(told.slice(-2)).toEqual(['SIGSTOP', 'idle']);
    expect(rest.isFrozen).toBe(true);
  });

  it('is never idle, nor frozen, where neither is asked for', () => {
    const { rest, told } = aRest({ freeze: false });
    rest.begin();
    vi.advanceTimersByTime(86_400_000);
    expect(told).toEqual([]);
  });
});
