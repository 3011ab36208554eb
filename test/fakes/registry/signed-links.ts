import { randomBytes } from 'node:crypto';

interface Link {
  digest: string;
  method: string;
  usesLeft: number;
}

/** The addresses at the CDN that the registry has signed, as stores of the S3 kind know them. */
export class SignedLinks {
  readonly #links = new Map<string, Link>();

  /** @returns path and query. It is good for this method only, as presigned addresses are. */
  sign(digest: string, method: string, uses: number): string {
    const hex = digest.slice('sha256:'.length);
    const signature = randomBytes(32).toString('hex');
    this.#links.set(signature, { digest, method, usesLeft: uses });
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': '0123456789abcdef/20261122/auto/s3/aws4_request',
      'X-Amz-Date': '20261122T083000Z',
      'X-Amz-Expires': '86400',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': signature,
    });
    return `/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data?${query}`;
  }

  /** The digest that an address is for, and which of both is the matter when it is not good. */
  use(url: string, method: string): { digest: string } | { refused: 'forged' | 'expired' } {
    const link = this.#linkOf(url);
    if (link?.method !== method || !url.includes(link.digest.slice('sha256:'.length))) {
      return { refused: 'forged' };
    }
    if (link.usesLeft < 1) return { refused: 'expired' };
    link.usesLeft -= 1;
    return { digest: link.digest };
  }

  expire(url: string): void {
    const link = this.#linkOf(url);
    if (link) link.usesLeft = 0;
  }

  /** All that were signed so far, of this blob or of any. */
  expireAll(digest?: string): void {
    for (const link of this.#links.values()) {
      if (digest === undefined || link.digest === digest) link.usesLeft = 0;
    }
  }

  #linkOf(url: string): Link | undefined {
    return this.#links.get(new URL(url, 'http://cdn').searchParams.get('X-Amz-Signature') ?? '');
  }
}
