import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { GatewayError } from '#shared/errors.ts';
import type { ManifestBlob } from '#shared/protocol/registry/manifest.ts';
import type { Followed } from '../net/follow.ts';
import type { BlobSource, ByteRange } from '../source.ts';
import { ExactBody } from './exact-body.ts';
import { assertRange } from './range-answer.ts';
import { refusalOf } from './refusal.ts';
import type { Repository } from './repository.ts';

/** Statuses by which storage says that a signed address is over (reference: R2, S3, OSS and CloudFront give these). */
const OVER = new Set([401, 403, 404, 410]);

/** A blob of a registry: it or the storage that it redirects to, whose address is kept as long as it is good. */
export class RegistryBlob implements BlobSource {
  readonly #repository: Repository;
  readonly #blob: ManifestBlob;
  readonly #stallMs: number;
  #storage: URL | undefined;

  constructor(repository: Repository, blob: ManifestBlob, stallMs: number) {
    this.#repository = repository;
    this.#blob = blob;
    this.#stallMs = stallMs;
  }

  async size(signal: AbortSignal): Promise<number> {
    const { answer } = await this.#repository.ask(this.#path, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'identity' },
      signal,
    });
    if (answer.statusCode !== 200) throw await this.#refusal(answer, signal);
    answer.resume();
    const length = answer.headers['content-length'] ?? '';
    if (!/^\d{1,15}$/.test(length))
      throw new GatewayError('upstream_error', 'The registry does not say how large the blob is.');
    return Number(length);
  }

  async read(range: ByteRange, signal: AbortSignal): Promise<Readable> {
    const headers = { range: `bytes=${range.start}-${range.end - 1}`, 'accept-encoding': 'identity' };
    const { answer } = await this.#find({ headers, signal });
    try {
      if (answer.statusCode !== 206 && answer.statusCode !== 200) throw await this.#refusal(answer, signal);
      assertRange(answer, range, this.#blob.size);
    } catch (error) {
      answer.destroy();
      throw error;
    }
    return new ExactBody(answer, { bytes: range.end - range.start, stallMs: this.#stallMs });
  }

  get #path(): string {
    return `blobs/${this.#blob.digest}`;
  }

  async #find(wanted: { headers: Record<string, string>; signal: AbortSignal }): Promise<Followed> {
    const known = this.#storage;
    if (known) {
      const found = await this.#repository.askElsewhere(known, wanted);
      if (!OVER.has(found.answer.statusCode!)) return found;
      found.answer.destroy();
      if (this.#storage === known) this.#storage = undefined;
    }
    const found = await this.#repository.ask(this.#path, wanted);
    const isGood = found.answer.statusCode! < 300;
    if (isGood && !this.#repository.isHome(found.url)) this.#storage = found.url;
    return found;
  }

  #refusal(answer: IncomingMessage, signal: AbortSignal): Promise<GatewayError> {
    return refusalOf(answer, `pull ${this.#blob.digest.slice(0, 19)}`, { timeoutMs: this.#stallMs, signal });
  }
}
