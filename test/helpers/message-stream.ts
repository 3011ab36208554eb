import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import type { Message } from '@anthropic-ai/sdk/resources/messages';
import { Stream } from '@anthropic-ai/sdk/streaming';
import { expect } from 'vitest';
import { StreamEvent } from '../schemas/anthropic.ts';

/** The events of a message stream, each of them whole, named as its data is, and as the schema wants it. */
export function messageEvents(sse: string): StreamEvent[] {
  expect(sse.endsWith('\n\n')).toBe(true);
  return sse
    .slice(0, -2)
    .split('\n\n')
    .map((frame) => {
      const [, name, data] = /^event: (\w+)\ndata: (.+)$/.exec(frame) ?? expect.fail(`No event: ${frame}`);
      const event = StreamEvent.parse(JSON.parse(data!));
      expect(event.type).toBe(name);
      return event;
    });
}

/**
 * Checks that a stream is a sentence of the grammar: pings anywhere; the start; blocks one after the other, numbered
 * from 0, with deltas of their own kind, thinking signed last; the delta; the stop. An error ends it anywhere.
 */
export function expectGrammatical(events: readonly StreamEvent[]): void {
  const words = events.filter(({ type }) => type !== 'ping').map(wordOf);
  const sentence = words.join(' ');
  const block = [
    'start-text(?: text_delta)*',
    'start-thinking(?: thinking_delta)* signature_delta',
    'start-tool_use(?: input_json_delta)*',
  ].join('|');
  const blocks = `(?: (?:${block}) stop)*`;
  const whole = new RegExp(`^message_start${blocks} message_delta message_stop$`);
  const broken = new RegExp(
    `^(?:message_start${blocks}(?: (?:${block.replaceAll(' signature_delta', '')}))?(?: stop)? )?error$`,
  );
  expect(sentence).toMatch(words.at(-1) === 'error' ? broken : whole);
  let current = -1;
  for (const event of events) {
    if (event.type === 'content_block_start') current += 1;
    if ('index' in event) expect(event.index).toBe(current);
  }
}

function wordOf(event: StreamEvent): string {
  switch (event.type) {
    case 'content_block_start':
      return `start-${event.content_block.type}`;
    case 'content_block_delta':
      return event.delta.type;
    case 'content_block_stop':
      return 'stop';
    default:
      return event.type;
  }
}

/** What Anthropic's own SDK makes of a stream: a message, but for what it adds itself when it has parsed it. */
export async function accumulated(sse: string): Promise<Message> {
  const stream = Stream.fromSSEResponse<unknown>(new Response(sse), new AbortController());
  const message = await MessageStream.fromReadableStream(stream.toReadableStream()).finalMessage();
  // By way of JSON, since the input of a tool stays text until it is read.
  return JSON.parse(JSON.stringify(message), (key, value) => (key === 'parsed_output' ? undefined : value));
}
