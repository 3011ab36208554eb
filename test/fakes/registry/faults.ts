import type { Asked, RequestRecord } from './records.ts';

/** What is said of the length of a body that is not as long as it should be. */
export type Says =
  /** What was asked for: the connection breaks off, or the bytes spill over. */
  | 'what-was-asked'
  /** The length that it has. */
  | 'what-it-is'
  /** No length: the body ends well, with its last chunk. */
  | 'nothing';

/** What can be made to go wrong with one answer; several together do, each in its way. */
export type Fault =
  /** This answer and no other. */
  | { kind: 'status'; status: number; body?: string; headers?: Record<string, string> }
  /** The connection is closed before a byte of the answer. */
  | { kind: 'refuse' }
  /** No byte comes until it is released. */
  | { kind: 'silence' }
  /** Without an address the answer has no `Location`. */
  | { kind: 'redirect'; to?: string; status?: number }
  /** To itself, each time under another query. */
  | { kind: 'redirect-loop'; status?: number }
  /** These headers become so, or are taken away; the body stays. */
  | { kind: 'headers'; headers: Record<string, string | undefined> }
  /** 200 with the whole blob to whoever asked for a part. */
  | { kind: 'ignore-range' }
  /** 206 with bytes from elsewhere, and a `Content-Range` that says so. */
  | { kind: 'other-range'; shiftBytes: number }
  /** One bit of the byte at this place of the blob (or of a text) is another. */
  | { kind: 'wrong-byte'; at: number }
  | { kind: 'short'; afterBytes: number; says?: Says }
  | { kind: 'long'; extraBytes: number; says?: Says }
  | { kind: 'endless' }
  /** TCP RST: the client may not even see all that was sent before. */
  | { kind: 'reset'; afterBytes: number }
  /** Silence in the middle, until it is released; then the rest comes. */
  | { kind: 'stall'; afterBytes: number }
  /** In pieces of this size, each a write of its own. */
  | { kind: 'slow'; chunkBytes: number; delayMs?: number }
  /** The signed address is good for this answer and no longer. */
  | { kind: 'expire-link' };

/** The requests that a fault is for: those that match all of this, also when they would have been refused. */
export interface Where {
  at: Asked;
  /** The digest. */
  blob?: string;
  /** `library/tiny:latest`; without the tag where a blob is asked for. */
  model?: string;
  /** Requests for bytes of which this place of the blob is one: so one part of many is meant. */
  covers?: number;
  /** The only one of those meant, counted from 1. */
  nth?: number;
  /** So many of those meant; after them all is well. */
  first?: number;
}

/** A fault that waits for its requests. */
export class PlannedFault {
  readonly where: Where;
  readonly faults: readonly Fault[];
  readonly released: Promise<void>;
  /** Lets go what stalls or is silent, now and later. */
  readonly release: () => void;
  /** How many answers it has hit. */
  hits = 0;
  #seen = 0;
  #isOver = false;

  constructor(where: Where, faults: readonly Fault[]) {
    this.where = where;
    this.faults = faults;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.released = promise;
    this.release = resolve;
  }

  /** Hits nothing more. */
  end(): void {
    this.#isOver = true;
  }

  /** Whether it hits this request, which it counts then. */
  strikes(record: RequestRecord): boolean {
    if (this.#isOver || !matches(this.where, record)) return false;
    this.#seen += 1;
    const { nth = this.#seen, first = this.#seen } = this.where;
    if (this.#seen !== nth || this.#seen > first) return false;
    this.hits += 1;
    return true;
  }
}

function matches({ at, blob, model, covers }: Where, { asked, digest, range, ...record }: RequestRecord) {
  if (at !== asked) return false;
  if (blob !== undefined && blob !== digest) return false;
  if (model !== undefined && model !== record.model) return false;
  return covers === undefined || (range !== undefined && range.start <= covers && covers < range.end);
}
