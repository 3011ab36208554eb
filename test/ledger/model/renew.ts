import type { World } from './world.ts';

export interface Renewal {
  id: string;
  started: boolean;
  upstream: string | null;
  progress: number;
  firstToken: boolean;
  intervalMs: number;
}

/** Rules 8 and 9. What was once known stays known: an older renewal may arrive after a newer one. */
export function renew(world: World, renewal: Renewal): 'renewed' | 'gone' | 'missing' {
  const hold = world.holds.get(renewal.id);
  if (!hold) return world.receipts.has(renewal.id) ? 'gone' : 'missing';
  hold.started ||= renewal.started;
  hold.firstToken ||= renewal.firstToken;
  hold.progress = Math.max(hold.progress, renewal.progress);
  hold.intervalMs = renewal.intervalMs;
  hold.renewedUs = world.nowUs;
  hold.leaseEndUs = world.nowUs + Math.max(10_000, 3 * renewal.intervalMs) * 1000;
  return 'renewed';
}
