import type { Call } from '../call.ts';
import { ChatChunks } from './chat-chunks.ts';
import { ChatCompletion } from './chat-completion.ts';
import type { ChatRequest } from './chat-request.ts';
import { wantsStreamUsage } from './chat-wishes.ts';

/** Writes the answer to a chat request: chunks of a stream, or one object. */
export function chatWriter(request: ChatRequest): Call['writer'] {
  const isStream = request.stream ?? false;
  const streamUsage = wantsStreamUsage(request);
  return (identity) => (isStream ? new ChatChunks(identity, streamUsage) : new ChatCompletion(identity));
}
