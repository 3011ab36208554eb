import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer } from './answer.ts';
import { deferred } from './deferred.ts';
import type { Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';
import type { Ending, Recording } from './recording.ts';
import type { Ollama } from './server-state.ts';

/**
 * Takes one request from its head to its end and keeps the record of it. What throws here for another
 * reason than that the client left is a mistake of the fake or of a test's script; it stays unhandled on
 * purpose, since that turns the test run red.
 */
export async function serve(
  ollama: Ollama,
  recording: Recording,
  faults: Faults,
  stopped: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const record = recording.open(request);
  const left = new AbortController();
  let isCut = false;
  const over = deferred<void>();
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new Error('The client has left.'));
    over.resolve();
  });
  // Node reports a write to a socket that is gone in this way too; `close` has told us already.
  response.on('error', () => {});
  const gone = AbortSignal.any([left.signal, stopped]);
  const markCut = () => {
    isCut = true;
  };
  const exchange: Exchange = { request, response, record, fault: undefined, gone, markCut };
  const ending = (): Ending => {
    if (isCut) return 'cut';
    if (!gone.aborted) return 'answered';
    return gone.reason === stopped.reason ? 'stopped' : 'aborted';
  };
  const findFault = (path: string, isInference: boolean) => {
    record.fault = faults.take(path, isInference);
    return record.fault;
  };
  let mistake: unknown;
  await answer(ollama, exchange, findFault, () => recording.publish(record)).catch((error: unknown) => {
    if (gone.aborted) return;
    mistake = error;
    request.socket.destroy();
  });
  await over.promise;
  record.close(ending());
  if (mistake) throw mistake;
}
