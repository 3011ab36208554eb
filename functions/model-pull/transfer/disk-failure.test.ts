import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { diskFailure } from './disk-failure.ts';

describe('a write that fails', () => {
  it('is told to callers when the disk is full', async () => {
    const full = await open('/dev/full', 'w');
    try {
      const error = await full.write('x').catch((each: unknown) => each);
      expect(diskFailure(error)).toMatchObject({
        failure: 'gateway_not_ready',
        message: expect.stringContaining('disk full'),
      });
    } finally {
      await full.close();
    }
  });

  it('is ours to find when it is anything else', () => {
    const error = Object.assign(new Error('bad'), { code: 'EIO' });
    expect(diskFailure(error)).toBe(error);
  });
});
