import { describe, expect, it } from 'vitest';
import { newRequestId } from './request-id.ts';

describe('a request id', () => {
  it('is req_ and the hex of a UUIDv7', () => {
    expect(newRequestId()).toMatch(/^req_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });

  it('sorts by the time it was made', () => {
    expect(newRequestId(1_700_000_000_000) < newRequestId(1_700_000_000_001)).toBe(true);
  });

  it('is not seen twice in ten thousand', () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => newRequestId(0)));
    expect(ids.size).toBe(10_000);
  });
});
