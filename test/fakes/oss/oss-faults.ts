import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ObjectAnswer } from './oss-objects.ts';
import type { Operation } from './oss-operations.ts';
import { tellError } from './oss-xml.ts';

/** What becomes of a request, once. */
export type OssFault =
  /** The head comes, then so many bytes, and then nothing until the client goes. */
  | { kind: 'hang'; afterBytes: number }
  /** Nothing comes at all, and nothing is done. */
  | { kind: 'silence' }
  | { kind: 'cut'; afterBytes: number }
  | { kind: 'redirect'; to: string }
  | { kind: 'status'; status: number; code: string }
  /** The body is sent without its length. */
  | { kind: 'no-length' }
  /** Without its length, so many bytes too few, or too many. */
  | { kind: 'short' | 'long'; bytes: number }
  /** Of what is read, or of what is written. */
  | { kind: 'wrong-bytes' }
  | { kind: 'wrong-range' }
  /** The range that was asked for is not looked at. */
  | { kind: 'whole'; bytes: Buffer }
  /** Something happens at the store before it is done, as it should be. */
  | { kind: 'meanwhile'; happens: () => void }
  /** It is done, and the client is not told. */
  | { kind: 'lost-answer' };

/** Which of the requests for a key; any, where nothing is said. */
export interface FaultPlace {
  operation?: Operation;
  part?: number;
  times?: number;
}

/** Those that answer a reading in another way. The others are of a request as a whole. */
export function misbehave(
  fault: OssFault,
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, bytes }: ObjectAnswer,
): void {
  const { 'content-length': _, ...unmeasured } = headers;
  switch (fault.kind) {
    case 'silence':
    case 'meanwhile':
      return;
    case 'hang':
      response.writeHead(status, headers).write(bytes.subarray(0, fault.afterBytes));
      return;
    case 'cut':
      response
        .writeHead(status, headers)
        .write(bytes.subarray(0, fault.afterBytes), () => request.socket.destroy());
      return;
    case 'redirect':
      response.writeHead(302, { location: fault.to }).end();
      return;
    case 'no-length':
      response.writeHead(status, unmeasured);
      response.write(bytes.subarray(0, 1));
      response.end(bytes.subarray(1));
      return;
    case 'short':
      response.writeHead(status, unmeasured).end(bytes.subarray(0, bytes.length - fault.bytes));
      return;
    case 'long':
      response.writeHead(status, unmeasured).end(Buffer.concat([bytes, Buffer.alloc(fault.bytes)]));
      return;
    case 'wrong-bytes':
      response.writeHead(status, headers).end(flipped(bytes));
      return;
    case 'wrong-range':
      response.writeHead(206, { ...headers, 'content-range': `bytes 1-${bytes.length}/1000000000` });
      response.end(bytes);
      return;
    case 'whole':
      response.writeHead(200, { ...headers, 'content-length': fault.bytes.length }).end(fault.bytes);
      return;
    case 'lost-answer':
      request.socket.destroy();
      return;
    case 'status':
      tellError(request, response, fault.status, fault.code);
  }
}

export const flipped = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 1));

interface PlannedFault {
  fault: OssFault;
  place: FaultPlace;
  left: number;
}

/** What is to go wrong, by the keys of objects. */
export class PlannedFaults {
  readonly #planned = new Map<string, PlannedFault[]>();

  plan(key: string, fault: OssFault, place: FaultPlace): void {
    const others = this.#planned.get(key) ?? [];
    this.#planned.set(key, [...others, { fault, place, left: place.times ?? 1 }]);
  }

  /** The fault of this request, which is then one less. */
  take(key: string, operation: Operation, part: number | undefined): OssFault | undefined {
    const planned = this.#planned.get(key) ?? [];
    const found = planned.find(
      ({ place, left }) =>
        left > 0 &&
        (place.operation === undefined || place.operation === operation) &&
        (place.part === undefined || place.part === part),
    );
    if (found) found.left -= 1;
    return found?.fault;
  }
}
