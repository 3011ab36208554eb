import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { FakeOllama } from './fake-ollama.ts';
import type { Fault } from './faults.ts';
import type { RequestRecord } from './recording.ts';

/** What the program can be told to do wrong. What a later order leaves out stays as it was. */
export const Mischief = z.strictObject({
  /** The first so many starts with this HOME end before the port opens. */
  crashAtStarts: z.int().min(0).optional(),
  crash: z.enum(['now', 'at-next-post']).optional(),
  /** The next answer to a POST is the last: the process dies after so many chunks of it. */
  crashAfterChunks: z.int().min(0).optional(),
  /** Takes connections and requests and answers none; what runs goes on. */
  hang: z.boolean().optional(),
  loadDelayMs: z.number().min(0).optional(),
  /** True lets no load finish until it is false. */
  holdLoads: z.boolean().optional(),
  /** Every load ends with 500 and this text; null ends that. */
  failLoads: z.string().nullable().optional(),
  ignoreSigterm: z.boolean().optional(),
  /** For the next inference request, or the next one to `path`; see `faults.ts`. */
  fault: z
    .looseObject({ kind: z.string() })
    .transform((fault) => fault as Fault)
    .optional(),
  path: z.string().optional(),
});
export type Mischief = z.input<typeof Mischief>;

/** What is ordered before the start: by the environment, else by a file, for where the environment is not ours. */
export function firstMischief(home: string, fromEnvironment: string | undefined): z.infer<typeof Mischief> {
  return Mischief.parse(
    JSON.parse(fromEnvironment ?? fileOr(join(home, '.ollama/fake-mischief.json'), '{}')),
  );
}

export function fileOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

/** Does what it is told to a fake that is the whole of its process. */
export class MischiefMaker {
  isHung = false;
  ignoresSigterm = false;
  readonly #fake: FakeOllama;
  #releaseLoads: () => void = () => {};
  #crashAtNextPost = false;
  #crashAfterChunks: number | undefined;

  constructor(fake: FakeOllama) {
    this.#fake = fake;
  }

  obey(order: z.infer<typeof Mischief>): void {
    if (order.crash === 'now') crash();
    if (order.crash) this.#crashAtNextPost = true;
    this.#crashAfterChunks = order.crashAfterChunks ?? this.#crashAfterChunks;
    this.isHung = order.hang ?? this.isHung;
    this.ignoresSigterm = order.ignoreSigterm ?? this.ignoresSigterm;
    if (order.fault) this.#fake.faults.next(order.fault, order.path);
    if (order.loadDelayMs !== undefined) this.#fake.loader.slow(order.loadDelayMs);
    if (order.failLoads !== undefined) this.#fake.loader.fail(order.failLoads ?? undefined);
    if (order.holdLoads !== undefined) this.#releaseLoads();
    if (order.holdLoads) this.#releaseLoads = this.#fake.loader.hold();
  }

  /** Watches every request for the moment to die; never returns while the process lives. */
  async watch(): Promise<never> {
    while (true) this.#look(await this.#fake.nextRequest());
  }

  #look(record: RequestRecord): void {
    if (record.method !== 'POST') return;
    if (this.#crashAtNextPost) crash();
    const chunks = this.#crashAfterChunks;
    if (chunks === undefined) return;
    // An answer that ends before it has so many chunks was not the last one after all.
    record
      .until(({ chunksSent, status }) => status !== undefined && chunksSent >= chunks)
      .then(crash, () => {});
  }
}

/** As a Go program dies: status 2, and the kernel closes what was open. */
export function crash(): never {
  process.stderr.write('panic: the fake was told to crash\n');
  process.exit(2);
}
