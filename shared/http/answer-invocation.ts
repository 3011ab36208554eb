import { asGatewayError, GatewayError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { Lifecycle } from './control-paths.ts';
import type { Exchange } from './exchange.ts';
import { readTimerEvent, type TimerEvent } from './timer-event.ts';

/** Whether FC itself asks for a run, for which nobody else waits. */
export const isInvocation = ({ incoming }: Exchange): boolean =>
  incoming.method === 'POST' &&
  incoming.url === '/invoke' &&
  incoming.headers['x-fc-control-path'] === incoming.url;

/**
 * Answers when the run is over, since FC may freeze this process then, and writes the run's one line before.
 *
 * FC keeps neither status nor headers but `x-fc-status`: without it, it takes any answer for a success
 * (reference: fc-docs 04/108).
 */
export async function answerInvocation(exchange: Exchange, lifecycle: Lifecycle, log: Log): Promise<void> {
  const { incoming, outgoing, requestId, arrivedAtMs } = exchange;
  let event: TimerEvent | undefined;
  const line = () => ({
    requestId,
    fcRequestId: incoming.headers['x-fc-request-id'],
    triggerName: event?.triggerName,
    totalMs: Math.round(performance.now() - arrivedAtMs),
  });
  try {
    if (!lifecycle.invoke) throw new GatewayError('not_found', 'No timer has anything to do here.');
    event = await readTimerEvent(incoming);
    await lifecycle.invoke(event);
    log.info('timer', line());
    outgoing.writeHead(200).end();
  } catch (error) {
    log.error('timer', { ...line(), ...errorFields(error) });
    // Until there is an event, the request was at fault; from then on we are, whatever was thrown.
    outgoing.writeHead(event ? 500 : asGatewayError(error).status, { 'x-fc-status': '404' }).end();
  }
}
