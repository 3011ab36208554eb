import { randomUUID } from 'node:crypto';
import { within } from './call.ts';
import { commonHeaders } from './common-headers.ts';
import type { Instance } from './instance.ts';
import type { InstancePool } from './instance-pool.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';
import { deliver } from './stored-request.ts';
import type { TimerTrigger } from './timer-trigger.ts';

/**
 * Has a function run once for a timer, on an instance like any call's. Gives the status that it answers, or FC's
 * own where it answers nothing: there is no room, no start, no whole answer, or none in time.
 */
export async function runForTimer(
  spec: FunctionSpec,
  settings: Settings,
  pool: InstancePool,
  timer: TimerTrigger,
): Promise<number> {
  const ending = new AbortController();
  const run = { spec, ended: ending.signal, end: (reason: unknown) => ending.abort(reason) };
  try {
    const instance = pool.choose();
    const exchange = () => within(run, () => deliverEvent(spec, timer, instance, run.ended));
    return await instance.serve(exchange, run.ended);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal('BadResponse', `No answer came: ${error}`);
    settings.onMissedRun({ functionName: spec.name, triggerName: timer.name, reason: refusal.message });
    return refusal.status;
  }
}

/** FC makes this request of an event (reference: fc-docs 04/108), and sends a POST once. */
async function deliverEvent(
  spec: FunctionSpec,
  timer: TimerTrigger,
  instance: Instance,
  signal: AbortSignal,
): Promise<number> {
  const body = eventOf(timer);
  const headers = {
    ...commonHeaders(spec, randomUUID(), '/invoke'),
    'content-type': 'application/octet-stream',
    'content-length': Buffer.byteLength(body),
  };
  const answer = await deliver({ method: 'POST', path: '/invoke', headers, body }, instance, signal);
  return answer.statusCode ?? 0;
}

const eventOf = ({ name, payload }: TimerTrigger) =>
  JSON.stringify({
    triggerTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'), // whole seconds
    triggerName: name,
    payload,
  });
