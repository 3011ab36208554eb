import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { deferred } from './deferred.ts';
import { OllamaError } from './errors.ts';
import { type Exchange, hang, whileThere } from './exchange.ts';
import { type Frame, mischief, type WireStep } from './mischief.ts';

export interface StreamForm {
  contentType: string;
  /** How this surface tells of a failure when the head is already out. */
  errorFrames: (message: string) => Frame[];
}

/**
 * Sends the frames one by one, doing to each what the fault says. The head goes with the first frame, so
 * that a failure before it still has its own status, as in Ollama.
 */
export async function sendStream(exchange: Exchange, form: StreamForm, frames: AsyncIterable<Frame>) {
  const afflict = mischief(exchange.fault);
  const head = { 'content-type': form.contentType };
  let index = 0;
  try {
    for await (const frame of frames) {
      for (const step of afflict(frame, index)) {
        if (step.act !== 'fail' && step.act !== 'wait') sendHead(exchange, 200, head);
        if (await take(exchange, step)) return;
      }
      index += 1;
    }
  } catch (error) {
    if (!(error instanceof OllamaError) || !exchange.response.headersSent) throw error;
    for (const frame of form.errorFrames(error.message)) await write(exchange, Buffer.from(frame.text), true);
  }
  exchange.response.end();
}

/** Sends an answer that is no stream; to a fault it is a single frame. */
export async function sendWhole(
  exchange: Exchange,
  status: number,
  body: string,
  contentType: string,
  headers: Record<string, string> = {},
): Promise<void> {
  const frame: Frame = { text: body, part: 'finish' };
  const bytes = exchange.fault?.kind === 'bad-json' ? undefined : Buffer.byteLength(body);
  const length: Record<string, string> = bytes === undefined ? {} : { 'content-length': String(bytes) };
  const isEnded = ['cut-without-terminal', 'done-false'].includes(exchange.fault?.kind ?? '');
  // A whole answer that lacks its ending says so in its fields, and those were made elsewhere.
  for (const step of mischief(isEnded ? undefined : exchange.fault)(frame, 0)) {
    if (!['hang', 'fail', 'wait'].includes(step.act)) {
      sendHead(exchange, status, { 'content-type': contentType, ...length, ...headers });
    }
    if (await take(exchange, step)) return;
  }
  exchange.response.end();
}

function sendHead({ response, record }: Exchange, status: number, headers: Record<string, string>): void {
  if (response.headersSent) return;
  record.update({ status });
  response.writeHead(status, headers);
  response.flushHeaders();
}

/** Does one step; true when it was the last. */
async function take(exchange: Exchange, step: WireStep): Promise<boolean> {
  const { response, gone } = exchange;
  switch (step.act) {
    case 'send':
      await write(exchange, step.bytes, step.isFrameEnd, step.isApart);
      return false;
    case 'wait':
      await sleep(step.delayMs, undefined, { signal: gone });
      return false;
    case 'hang':
      return hang(gone);
    case 'fail':
      throw new OllamaError(500, step.message);
    case 'end':
      response.end();
      return true;
    case 'destroy':
      exchange.markCut();
      response.socket?.destroy();
      return true;
    case 'reset':
      exchange.markCut();
      response.socket?.resetAndDestroy();
      return true;
    default:
      return step satisfies never;
  }
}

/**
 * Writes and waits as long as the client makes us wait. Bytes that must travel apart also wait until the
 * kernel has them, else neighbours would share a segment. The turn of the event loop in between is where a
 * hang-up gets noticed.
 */
async function write(
  { response, record, gone }: Exchange,
  bytes: Buffer,
  isFrameEnd: boolean,
  isApart = false,
) {
  const flushed = deferred<void>();
  const hasRoom = response.write(bytes, () => flushed.resolve());
  if (isFrameEnd) record.chunkWent();
  if (isApart) await whileThere(gone, flushed.promise);
  else if (!hasRoom) await whileThere(gone, once(response, 'drain'));
  await nextTurn();
  gone.throwIfAborted();
}
