import { intervalMs, type TimerTrigger } from './timer-trigger.ts';

/**
 * Fires each timer at its interval, for the first time one interval from now.
 *
 * Like FC it does not wait for the run before. What bounds the runs is what bounds all calls: the function's
 * time-out, its instances and their seats.
 */
export function startTimers(
  timers: readonly TimerTrigger[],
  fire: (timer: TimerTrigger) => void,
): { stop(): void } {
  const clocks = timers.map((timer) => setInterval(() => fire(timer), intervalMs(timer.cronExpression)));
  return { stop: () => clocks.forEach(clearInterval) };
}

/** Complains of what would never fire here, and so would seem to work. */
export function assertTimersKnown(functionName: string, timers: readonly TimerTrigger[]): void {
  for (const { name, cronExpression } of timers) {
    if (intervalMs(cronExpression) !== undefined) continue;
    throw new Error(
      `${functionName}: the local FC cannot fire the timer ${name} at "${cronExpression}". ` +
        'It knows intervals of seconds, minutes and hours, such as "@every 1m".',
    );
  }
}
