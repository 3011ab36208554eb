import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { callerGone } from '../giving-up.ts';

interface RelayTimeouts {
  /** Between two parts of the answer. */
  idleTimeoutMs: number;
  /** How long the caller may leave what was written unread. */
  callerReadTimeoutMs: number;
}

const NEWLINE = 0x0a;

/**
 * Passes the lines of a pull on to the caller as they come, no faster than the caller reads. Who hangs up ends the request.
 *
 * @throws GatewayError when the answer breaks off; what was sent then ends with a line, so that an error can follow.
 */
export async function relayPull(
  reply: IncomingMessage,
  { outgoing, hungUp }: Exchange,
  { idleTimeoutMs, callerReadTimeoutMs }: RelayTimeouts,
): Promise<void> {
  const leave = () => reply.destroy();
  const idle = setTimeout(leave, idleTimeoutMs);
  hungUp.addEventListener('abort', leave);
  let last = NEWLINE;
  try {
    if (hungUp.aborted) throw callerGone();
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      idle.refresh();
      last = chunk.at(-1) ?? last;
      if (!outgoing.write(chunk)) await drained(outgoing, hungUp, callerReadTimeoutMs);
    }
  } catch (cause) {
    if (hungUp.aborted || cause instanceof GatewayError) throw callerGone();
    if (last !== NEWLINE) outgoing.write('\n');
    throw new GatewayError(
      'upstream_error',
      'The connection to the model store was lost. Ask again: what has come is kept.',
      {
        cause,
      },
    );
  } finally {
    clearTimeout(idle);
    hungUp.removeEventListener('abort', leave);
    leave();
  }
}

/** @throws GatewayError `caller_gone` when the caller does not read, or is gone. */
async function drained(
  outgoing: Exchange['outgoing'],
  hungUp: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const signal = AbortSignal.any([hungUp, AbortSignal.timeout(timeoutMs)]);
  await once(outgoing, 'drain', { signal }).catch(() => {
    throw callerGone('The caller did not read.');
  });
}
