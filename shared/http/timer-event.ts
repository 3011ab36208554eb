import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { GatewayError } from '../errors.ts';
import { readBody } from './read-body.ts';

/** What FC sends when a timer fires (reference: fc-docs, 触发器event格式). */
export const TimerEvent = z.object({
  /** When it was due, in UTC: `2026-09-01T08:09:00Z`. */
  triggerTime: z.string(),
  triggerName: z.string().min(1).max(128),
  /** What s.yaml has the trigger say. */
  payload: z.string().default(''),
});
export type TimerEvent = z.infer<typeof TimerEvent>;

const LIMIT_BYTES = 128 * 1024; // of what FC delivers without somebody who waits for the answer

/** @throws GatewayError for a body that is no such event. Nothing of the body is in its message. */
export async function readTimerEvent(incoming: IncomingMessage): Promise<TimerEvent> {
  const body = await readBody(incoming, LIMIT_BYTES);
  const { data, error } = TimerEvent.safeParse(parsed(body.toString()));
  if (data) return data;
  throw new GatewayError('invalid_request', 'This is not the event of a timer.', { cause: error });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the error would quote the body
  }
}
