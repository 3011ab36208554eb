import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { afterAwake } from './awake-timer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('calls back once, after the time', () => {
  const call = vi.fn();
  afterAwake(1_000, call);
  vi.advanceTimersByTime(999);
  expect(call).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(call).toHaveBeenCalledOnce();
});

it('does not call back when it was called off', () => {
  const call = vi.fn();
  afterAwake(1_000, call)();
  vi.advanceTimersByTime(10_000);
  expect(call).not.toHaveBeenCalled();
});

it('takes a frozen hour for one tick', () => {
  const call = vi.fn();
  afterAwake(1_000, call);
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.advanceTimersByTime(50);
  expect(call).not.toHaveBeenCalled();
});
