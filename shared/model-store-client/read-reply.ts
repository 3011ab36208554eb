import type { IncomingMessage } from 'node:http';
import type * as z from 'zod';
import { GatewayError } from '../errors.ts';
import { LineSplitter } from '../protocol/line-splitter.ts';
import { eventText, FrameSplitter } from '../protocol/openai/sse-frame.ts';
import { storeFailure } from './store-failure.ts';
import { connectionLost } from './store-request.ts';

/** A manifest's texts and some hundred jobs are far smaller. */
const MOST_BYTES = 16 * 1024 * 1024;

/** @throws GatewayError for an answer that is no success. */
export async function assertDone(reply: IncomingMessage): Promise<void> {
  const { statusCode = 502 } = reply;
  if (statusCode >= 300) throw storeFailure(statusCode, (await readAll(reply)).toString());
}

/** @throws GatewayError for an answer that is no success, or not of this form. */
export async function readJson<Schema extends z.ZodType>(
  reply: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  await assertDone(reply);
  return parsed((await readAll(reply)).toString(), schema);
}

/** NDJSON, a value a line; an end without a newline is a line, too. */
export async function* readLines<Schema extends z.ZodType>(
  reply: IncomingMessage,
  schema: Schema,
): AsyncGenerator<z.output<Schema>, void> {
  const lines = new LineSplitter(MOST_BYTES);
  for await (const chunk of chunksOf(reply)) {
    for (const line of lines.split(chunk)) if (!isBlank(line)) yield parsed(line.toString(), schema);
    if (lines.isOverlong) throw unreadable();
  }
  if (!isBlank(lines.rest)) yield parsed(lines.rest.toString(), schema);
}

/** What events of an `event-stream` say; comments, which are signs of life, and events without data are passed over. */
export async function* readEvents(
  reply: IncomingMessage,
): AsyncGenerator<{ event: string; data: string }, void> {
  const frames = new FrameSplitter();
  for await (const chunk of chunksOf(reply)) {
    for (const frame of frames.split(chunk)) {
      const event = /^event: ?(.*?)\r?$/m.exec(frame.toString())?.[1] ?? 'message';
      const data = eventText(frame);
      if (data !== '' || event !== 'message') yield { event, data };
    }
    if (frames.restBytes > MOST_BYTES) throw unreadable();
  }
}

/** @throws GatewayError for what is no JSON, or not of this form. */
export function parsed<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw unreadable(cause);
  }
}

export async function readAll(reply: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(reply)) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw unreadable();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws GatewayError when the answer breaks off. */
async function* chunksOf(reply: IncomingMessage): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw connectionLost(cause);
  } finally {
    reply.destroy();
  }
}

const isBlank = (line: Buffer) => line.toString().trim() === '';

const unreadable = (cause?: unknown) =>
  new GatewayError('upstream_error', 'The model store said something that cannot be understood.', { cause });
