import { setTimeout as delay } from 'node:timers/promises';
import { callHook } from './control-request.ts';
import type { RunningInstance } from './readiness.ts';
import type { Settings } from './settings.ts';

/** Lets an instance that serves nothing any more end itself: pre-stop, SIGTERM if it is to have one, and SIGKILL if need be. */
export async function endInstance(
  { spec, process, port }: RunningInstance,
  settings: Settings,
): Promise<void> {
  // FC ends the instance whatever it answers, so the answer decides nothing.
  if (spec.preStop) await callHook(spec, port, '/pre-stop', spec.preStop.timeoutSeconds).catch(() => {});
  if (settings.terminateGraceMs > 0) {
    process.terminate();
    await Promise.race([process.ended, delay(settings.terminateGraceMs, undefined, { ref: false })]);
  }
  process.signalAll('SIGKILL');
  await process.ended;
}
