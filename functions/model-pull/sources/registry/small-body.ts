import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';

/**
 * Reads a body that has to be small whole, and gives the connection up when it is not.
 *
 * @throws GatewayError `upstream_error` above the limit and when it breaks off, `upstream_timeout`; the signal's reason.
 */
export async function smallBody(
  answer: IncomingMessage,
  { limitBytes, timeoutMs, signal }: { limitBytes: number; timeoutMs: number; signal: AbortSignal },
): Promise<Buffer> {
  const timer = setTimeout(
    () => answer.destroy(new GatewayError('upstream_timeout', 'The registry did not answer in time.')),
    timeoutMs,
  );
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limitBytes) throw tooLarge(limitBytes); // which ends the connection too
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('upstream_error', 'The registry broke off its answer.', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const tooLarge = (limitBytes: number) =>
  new GatewayError('upstream_error', `The registry's answer is larger than ${limitBytes} bytes.`, {
    shouldRetry: false,
  });
