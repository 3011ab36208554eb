import { describe, expect, it, vi } from 'vitest';
import type { Database } from '#shared/db/database.ts';
import type { Log } from '#shared/log.ts';
import { Lease } from './lease.ts';

const LEASE_MS = 30_000;

/** A database that refuses the first so many words of a worker, and takes all others. */
function aLease({ refusals }: { refusals: number }) {
  let asked = 0;
  const database = {
    async read() {
      asked += 1;
      if (asked <= refusals) throw new Error('cannot execute UPDATE in a read-only transaction');
      return { stopRequested: false };
    },
  } as unknown as Database;
  const log = { error: vi.fn(), info: vi.fn() };
  const taken = { id: `job_${'0'.repeat(32)}`, fence: 1 };
  const lease = new Lease(taken, { database, log: log as unknown as Log, leaseMs: LEASE_MS });
  return { lease, log, asked: () => asked };
}

describe('a lease', () => {
  it('outlives a word that the database refuses, as one that is about to be replaced does', async () => {
    const { lease, log, asked } = aLease({ refusals: 1 });
    await vi.waitFor(() => expect(asked()).toBeGreaterThanOrEqual(2), { timeout: 10_000 });
    expect(lease.isOurs).toBe(true);
    expect(lease.signal.aborted).toBe(false);
    expect(log.error).toHaveBeenCalledOnce();
    await lease.close();
  });
});
