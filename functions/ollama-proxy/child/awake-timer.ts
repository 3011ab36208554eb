/** Few enough to cost nothing, and enough for a bound to be kept about. */
const TICKS = 20;

/**
 * Calls back after a time in which this process ran. A frozen instance's clock goes on, and so would a time-out: after
 * the thaw a load that stood still with us would be ended for having taken an hour (reference: fc-docs 04/040).
 *
 * @returns what calls it off.
 */
export function afterAwake(ms: number, call: () => void): () => void {
  let left = TICKS;
  const timer = setInterval(() => {
    left -= 1; // one tick, however late it comes
    if (left > 0) return;
    clearInterval(timer);
    call();
  }, ms / TICKS);
  return () => clearInterval(timer);
}
