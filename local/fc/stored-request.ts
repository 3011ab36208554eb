import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import type { Instance } from './instance.ts';

/** A request that FC makes by itself, at a time when no caller waits for the answer. */
export interface StoredRequest {
  method: string;
  path: string;
  headers: OutgoingHttpHeaders | readonly string[];
  body: Buffer | string;
}

/** Makes the request of an instance, once, and reads the answer to its end; nobody wants its body. */
export async function deliver(
  { body, ...head }: StoredRequest,
  { port, connections }: Instance,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  if (connections.takeClosed()) throw new Error('the instance had closed the idle connection');
  const asking = request({ host: '127.0.0.1', port, ...head, agent: connections, signal });
  asking.on('error', () => {}); // what `once` does not hear: an end that comes after the head of the answer
  asking.end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer;
}
