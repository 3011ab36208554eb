import type { Call } from '../call.ts';
import { MessageEvents } from './message-events.ts';
import { MessageObject } from './message-object.ts';
import type { MessagesRequest } from './messages-request.ts';

/** Writes the answer to a messages request: events of a stream, or one message. */
export function messageWriter(request: MessagesRequest): Call['writer'] {
  const isStream = request.stream ?? false;
  const omitThinking = request.thinking?.display === 'omitted';
  return (identity, { promptEstimate }) =>
    isStream
      ? new MessageEvents(identity, { promptEstimate, omitThinking })
      : new MessageObject(identity, { omitThinking });
}
