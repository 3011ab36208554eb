import { GatewayError } from '#shared/errors.ts';
import { endWithin } from '#shared/http/end-within.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { isOver, type ModelJob } from '#shared/model-jobs/job.ts';
import type { Depot } from '../depot.ts';
import { assertReady } from './assert-ready.ts';
import { untilRead } from './until-read.ts';
import { wantOver } from './want-over.ts';
import { watchJob } from './watch-job.ts';

interface Lines {
  of(job: ModelJob): object[];
  success(job: ModelJob): object[];
}

interface Telling {
  lines: Lines;
  isStream: boolean;
}

/** Between two lines: nothing that stands between us and the caller may take the connection for dead. */
const SIGN_OF_LIFE_MS = 9_000;

/**
 * Works at a job while its caller waits, and tells how far it is.
 *
 * @throws GatewayError with what went wrong; where lines have gone out, it becomes the last of them.
 */
export async function tellProgress(
  depot: Depot,
  exchange: Exchange,
  id: string,
  telling: Telling,
): Promise<void> {
  const done = wantOver(depot, id, exchange.hungUp);
  const interrupted = new AbortController();
  // One that is over the watching sees by itself; one that was given back it would watch for as long as nobody goes on.
  done.then(
    (job) => isOver(job) || interrupted.abort(),
    () => interrupted.abort(),
  );
  if (telling.isStream)
    await streamLines(depot, exchange, id, { lines: telling.lines, until: interrupted.signal });
  const job = await done;
  if (exchange.hungUp.aborted) throw new GatewayError('caller_gone', 'The caller hung up.');
  assertReady(job);
  const last = telling.lines.success(job).map(toLine).join('');
  if (!telling.isStream)
    exchange.outgoing.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  endWithin(exchange.outgoing, last, depot.config.CALLER_READ_TIMEOUT_MS);
}

interface Streaming {
  lines: Lines;
  until: AbortSignal;
}

async function streamLines(
  depot: Depot,
  { outgoing, hungUp }: Exchange,
  id: string,
  { lines, until }: Streaming,
): Promise<void> {
  outgoing.writeHead(200, { 'content-type': 'application/x-ndjson' });
  let last = '';
  const alive = setInterval(() => {
    if (last !== '' && !outgoing.writableNeedDrain) outgoing.write(last); // a bar that stands where it stood
  }, SIGN_OF_LIFE_MS);
  try {
    for await (const job of watchJob(depot, id, AbortSignal.any([hungUp, until]))) {
      const text = lines.of(job).map(toLine);
      last = text.at(-1) ?? last;
      if (text.length > 0 && !outgoing.write(text.join(''))) {
        await untilRead(outgoing, hungUp, depot.config.CALLER_READ_TIMEOUT_MS);
      }
    }
  } finally {
    clearInterval(alive);
  }
}

const toLine = (line: object) => `${JSON.stringify(line)}\n`;
